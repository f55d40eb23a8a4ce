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

export const brokerRows: SettingRows<BrokerSettings> = {
  brokerUrl: { type: nullable(urls), default: null, honoured: true },
  brokerReadUrl: { type: nullable(urls), default: null, honoured: true },
  brokerWriteUrl: { type: nullable(urls), default: null, honoured: true },
  brokerFailoverStrategy: {
    type: nullable(anyOf(oneOf("round-robin", "shuffle"), strategy)),
    default: null,
    honoured: true,
  },
  brokerHeartbeat: { type: nullable(seconds), default: 120, honoured: true },
  brokerHeartbeatCheckrate: { type: number, default: 3, honoured: false },
  brokerUseSsl: { type: anyOf(bool, map), default: false, honoured: true },
  brokerPoolLimit: { type: nullable(count), default: 10, honoured: false },
  brokerPoolAcquireTimeout: { type: nullable(seconds), default: null, honoured: false },
  brokerConnectionTimeout: { type: seconds, default: 4, honoured: true },
  brokerConnectionRetry: { type: bool, default: true, honoured: true },
  brokerConnectionRetryOnStartup: { type: nullable(bool), default: null, honoured: true },
  brokerConnectionMaxRetries: { type: nullable(count), default: 100, honoured: true },
  brokerChannelErrorRetry: { type: bool, default: false, honoured: false },
  brokerLoginMethod: { type: nullable(text), default: null, honoured: true },
  brokerNativeDelayedDeliveryQueueType: { type: queueType, default: "quorum", honoured: false },
  brokerTransport: { type: nullable(text), default: null, honoured: true, useInstead: "broker_url" },
  brokerTransportOptions: { type: map, default: {}, honoured: true },
  brokerHost: { type: nullable(text), default: null, honoured: true, useInstead: "broker_url" },
  brokerPort: { type: nullable(count), default: null, honoured: true, useInstead: "broker_url" },
  brokerUser: { type: nullable(text), default: null, honoured: true, useInstead: "broker_url" },
  brokerPassword: { type: nullable(text), default: null, honoured: true, useInstead: "broker_url" },
  brokerVhost: { type: nullable(text), default: null, honoured: true, useInstead: "broker_url" },
  visibilityTimeout: { type: nullable(seconds), default: null, honoured: false },
};
