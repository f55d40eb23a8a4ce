import { seconds } from "./duration.ts";
import type { RedisSettings } from "./redis-settings.ts";
import type { ResultSettings } from "./result-settings.ts";
import type { SettingRows } from "./setting-row.ts";
import { anyOf, bool, count, instance, integer, map, nullable, number, text } from "./setting-type.ts";

const provider = instance(
  "function",
  (value): value is NonNullable<RedisSettings["redisBackendCredentialProvider"]> =>
    typeof value === "function",
);

const REPLIES =
  "Replies go straight to the queue of the client that asked, through no exchange of their own.";

export const resultRows: SettingRows<ResultSettings> = {
  resultBackend: { type: nullable(text), default: null },
  resultBackendAlwaysRetry: { type: bool, default: false },
  resultBackendMaxSleepBetweenRetriesMs: { type: count, default: 10000 },
  resultBackendBaseSleepBetweenRetriesMs: { type: count, default: 10 },
  resultBackendMaxRetries: { type: number, default: Number.POSITIVE_INFINITY },
  resultBackendThreadSafe: {
    type: bool,
    default: false,
    noEffect: "One backend serves everything in a process; each thread of a pool has its own.",
  },
  resultBackendTransportOptions: { type: map, default: {} },
  resultSerializer: { type: text, default: "json" },
  resultCompression: { type: nullable(text), default: null },
  resultExtended: { type: bool, default: false },
  resultExpires: { type: nullable(seconds), default: 86_400 },
  resultCacheMax: { type: integer, default: -1 },
  resultChordDeadline: { type: nullable(seconds), default: null },
  resultChordJoinTimeout: { type: seconds, default: 3 },
  resultChordRetryInterval: { type: seconds, default: 1 },
  resultExchange: { type: text, default: "celeryresults", noEffect: REPLIES },
  resultExchangeType: { type: text, default: "direct", noEffect: REPLIES },
  resultPersistent: { type: bool, default: false },
  overrideBackends: { type: map, default: {} },
};

export const redisRows: SettingRows<RedisSettings> = {
  redisBackendHealthCheckInterval: { type: nullable(seconds), default: null },
  redisBackendUseSsl: { type: nullable(anyOf(bool, map)), default: null },
  redisBackendCredentialProvider: { type: nullable(provider), default: null },
  redisMaxConnections: {
    type: nullable(count),
    default: null,
    noEffect: "A process has two connections to a Redis result backend, however many calls it makes at once.",
  },
  redisSocketConnectTimeout: { type: nullable(seconds), default: null },
  redisSocketTimeout: { type: nullable(seconds), default: 120 },
  redisRetryOnTimeout: { type: bool, default: false },
  redisSocketKeepalive: { type: bool, default: false },
  redisClientName: { type: nullable(text), default: null },
  redisHost: { type: nullable(text), default: null, useInstead: "result_backend" },
  redisPort: { type: nullable(count), default: null, useInstead: "result_backend" },
  redisDb: { type: nullable(count), default: null, useInstead: "result_backend" },
  redisUsername: { type: nullable(text), default: null, useInstead: "result_backend" },
  redisPassword: { type: nullable(text), default: null, useInstead: "result_backend" },
};
