import { seconds } from "./duration.ts";
import type { RedisSettings } from "./redis-settings.ts";
import type { ResultSettings } from "./result-settings.ts";
import type { SettingRows } from "./setting-row.ts";
import { anyOf, bool, count, instance, integer, map, nullable, number, text } from "./setting-type.ts";

const provider = instance("object", (value): value is object => typeof value === "object" && value !== null);

export const resultRows: SettingRows<ResultSettings> = {
  resultBackend: { type: nullable(text), default: null, honoured: true },
  resultBackendAlwaysRetry: { type: bool, default: false, honoured: true },
  resultBackendMaxSleepBetweenRetriesMs: { type: count, default: 10000, honoured: true },
  resultBackendBaseSleepBetweenRetriesMs: { type: count, default: 10, honoured: true },
  resultBackendMaxRetries: { type: number, default: Number.POSITIVE_INFINITY, honoured: true },
  resultBackendThreadSafe: { type: bool, default: false, honoured: false },
  resultBackendTransportOptions: { type: map, default: {}, honoured: true },
  resultSerializer: { type: text, default: "json", honoured: true },
  resultCompression: { type: nullable(text), default: null, honoured: true },
  resultExtended: { type: bool, default: false, honoured: true },
  resultExpires: { type: nullable(seconds), default: 86_400, honoured: true },
  resultCacheMax: { type: integer, default: -1, honoured: true },
  resultChordDeadline: { type: nullable(seconds), default: null, honoured: true },
  resultChordJoinTimeout: { type: seconds, default: 3, honoured: true },
  resultChordRetryInterval: { type: seconds, default: 1, honoured: true },
  resultExchange: { type: text, default: "celeryresults", honoured: false },
  resultExchangeType: { type: text, default: "direct", honoured: false },
  resultPersistent: { type: bool, default: false, honoured: true },
  overrideBackends: { type: map, default: {}, honoured: false },
};

export const redisRows: SettingRows<RedisSettings> = {
  redisBackendHealthCheckInterval: { type: nullable(seconds), default: null, honoured: true },
  redisBackendUseSsl: { type: nullable(anyOf(bool, map)), default: null, honoured: true },
  redisBackendCredentialProvider: { type: nullable(anyOf(text, provider)), default: null, honoured: true },
  redisMaxConnections: { type: nullable(count), default: null, honoured: false },
  redisSocketConnectTimeout: { type: nullable(seconds), default: null, honoured: true },
  redisSocketTimeout: { type: nullable(seconds), default: 120, honoured: true },
  redisRetryOnTimeout: { type: bool, default: false, honoured: true },
  redisSocketKeepalive: { type: bool, default: false, honoured: true },
  redisClientName: { type: nullable(text), default: null, honoured: true },
  redisHost: { type: nullable(text), default: null, honoured: true, useInstead: "result_backend" },
  redisPort: { type: nullable(count), default: null, honoured: true, useInstead: "result_backend" },
  redisDb: { type: nullable(count), default: null, honoured: true, useInstead: "result_backend" },
  redisUsername: { type: nullable(text), default: null, honoured: true, useInstead: "result_backend" },
  redisPassword: { type: nullable(text), default: null, honoured: true, useInstead: "result_backend" },
};
