import type { BrokerSettings } from "./broker-settings.ts";
import { seconds } from "./duration.ts";
import type { SettingRows } from "./setting-row.ts";
import {
  anyOf,
  bool,
  count,
  instance,
  map,
  nullable,
  number,
  oneOf,
  type SettingType,
  text,
  textList,
} from "./setting-type.ts";

const strategy = instance(
  "generator function",
  (value): value is (urls: readonly string[]) => Iterable<string> => typeof value === "function",
);

/** One URL, several with `;` between, or a list. */
const urls: SettingType<string | readonly string[]> = {
  name: "URL or list of URLs",
  parse: (value) =>
    typeof value === "string" && !value.trimStart().startsWith("[") ? value : textList.parse(value),
};

const queueType = oneOf("classic", "quorum");

const POOLED =
  "One connection carries any number of calls at once, so an app needs no pool. `ConnectionPool` of @q/messaging has a limit of its own.";

export const brokerRows: SettingRows<BrokerSettings> = {
  brokerUrl: { type: nullable(urls), default: null },
  brokerReadUrl: { type: nullable(urls), default: null },
  brokerWriteUrl: { type: nullable(urls), default: null },
  brokerFailoverStrategy: {
    type: nullable(anyOf(oneOf("round-robin", "shuffle"), strategy)),
    default: null,
  },
  brokerHeartbeat: { type: nullable(seconds), default: 120 },
  brokerHeartbeatCheckrate: {
    type: number,
    default: 3,
    noEffect:
      "The AMQP driver sends and checks heartbeats twice per interval: shorten `broker_heartbeat` to notice a loss sooner.",
  },
  brokerUseSsl: { type: anyOf(bool, map), default: false },
  brokerPoolLimit: { type: nullable(count), default: 10, noEffect: POOLED },
  brokerPoolAcquireTimeout: { type: nullable(seconds), default: null, noEffect: POOLED },
  brokerConnectionTimeout: { type: seconds, default: 4 },
  brokerConnectionRetry: { type: bool, default: true },
  brokerConnectionRetryOnStartup: { type: nullable(bool), default: null },
  brokerConnectionMaxRetries: { type: nullable(count), default: 100 },
  brokerChannelErrorRetry: {
    type: bool,
    default: false,
    noEffect: "A worker always opens a new channel after an invalid reply, and goes on.",
  },
  brokerLoginMethod: { type: nullable(text), default: null },
  brokerNativeDelayedDeliveryQueueType: {
    type: queueType,
    default: "quorum",
    noEffect:
      "Tasks with an ETA are held by a worker, and back on their queue when it ends; nothing is declared for delays.",
  },
  brokerTransport: { type: nullable(text), default: null, useInstead: "broker_url" },
  brokerTransportOptions: { type: map, default: {} },
  brokerHost: { type: nullable(text), default: null, useInstead: "broker_url" },
  brokerPort: { type: nullable(count), default: null, useInstead: "broker_url" },
  brokerUser: { type: nullable(text), default: null, useInstead: "broker_url" },
  brokerPassword: { type: nullable(text), default: null, useInstead: "broker_url" },
  brokerVhost: { type: nullable(text), default: null, useInstead: "broker_url" },
  visibilityTimeout: { type: nullable(seconds), default: null },
};
