import { seconds } from "./duration.ts";
import type { GeneralSettings } from "./general-settings.ts";
import type { RoutingSettings } from "./routing-settings.ts";
import type { SettingRows } from "./setting-row.ts";
import {
  anyOf,
  bool,
  count,
  instance,
  nullable,
  number,
  oneOf,
  type SettingType,
  text,
  textList,
} from "./setting-type.ts";
import { retryPolicy, taskAnnotations, taskQueues, taskRoutes } from "./structured-types.ts";
import type { TaskSettings } from "./task-settings.ts";

const bytes = instance("bytes", (value): value is Uint8Array => value instanceof Uint8Array);

const MODES: ReadonlyMap<unknown, 1 | 2> = new Map<unknown, 1 | 2>([
  ["transient", 1],
  ["persistent", 2],
]);
const deliveryMode: SettingType<1 | 2> = {
  name: '1, 2, "transient" or "persistent"',
  parse: (value) => MODES.get(value) ?? oneOf(1, 2).parse(value),
};

const queueType = oneOf("classic", "quorum");

const rateLimit: SettingType<string | number> = {
  name: 'rate such as "10/m", or number per second',
  parse: (value) => {
    const isRate = typeof value === "string" && /^[\d.]+\/[smh]$/.test(value.trim());
    return isRate ? value.trim() : number.parse(value);
  },
};

export const generalRows: SettingRows<GeneralSettings> = {
  acceptContent: { type: textList, default: ["json"], honoured: true },
  resultAcceptContent: { type: nullable(textList), default: null, honoured: true },
  enableUtc: { type: bool, default: true, honoured: true },
  timezone: { type: text, default: "UTC", honoured: true },
  securityKey: { type: nullable(text), default: null, honoured: false },
  securityKeyPassword: { type: nullable(anyOf(text, bytes)), default: null, honoured: false },
  securityCertificate: { type: nullable(text), default: null, honoured: false },
  securityCertStore: { type: nullable(text), default: null, honoured: false },
  securityDigest: { type: text, default: "sha256", honoured: false },
};

export const taskRows: SettingRows<TaskSettings> = {
  taskAnnotations: { type: nullable(taskAnnotations), default: null, honoured: true },
  taskCompression: { type: nullable(text), default: null, honoured: true },
  taskProtocol: { type: oneOf(1, 2), default: 2, honoured: false },
  taskSerializer: { type: text, default: "json", honoured: true },
  taskMessageMaxBytes: { type: nullable(count), default: 16_777_216, honoured: true },
  taskPublishRetry: { type: bool, default: true, honoured: true },
  taskPublishRetryPolicy: {
    type: retryPolicy,
    default: { maxRetries: 3, intervalStart: 0, intervalStep: 0.2, intervalMax: 1 },
    honoured: true,
  },
  taskAlwaysEager: { type: bool, default: false, honoured: true },
  taskEagerPropagates: { type: bool, default: false, honoured: true },
  taskStoreEagerResult: { type: bool, default: false, honoured: true },
  taskRemoteTracebacks: { type: bool, default: false, honoured: true },
  taskIgnoreResult: { type: bool, default: false, honoured: true },
  taskStoreErrorsEvenIfIgnored: { type: bool, default: false, honoured: true },
  taskTrackStarted: { type: bool, default: false, honoured: true },
  taskTimeLimit: { type: nullable(seconds), default: null, honoured: true },
  taskSoftTimeLimit: { type: nullable(seconds), default: null, honoured: true },
  taskAllowErrorCbOnChordHeader: { type: bool, default: false, honoured: true },
  taskAcksLate: { type: bool, default: false, honoured: true },
  taskAcksOnFailureOrTimeout: {
    type: bool,
    default: true,
    honoured: true,
    useInstead: "task_acks_on_failure and task_acks_on_timeout",
  },
  taskAcksOnFailure: { type: nullable(bool), default: null, honoured: true },
  taskAcksOnTimeout: { type: nullable(bool), default: null, honoured: true },
  taskRejectOnWorkerLost: { type: bool, default: false, honoured: true },
  taskDefaultRateLimit: { type: nullable(rateLimit), default: null, honoured: true },
  taskSendSentEvent: { type: bool, default: false, honoured: true },
};

export const routingRows: SettingRows<RoutingSettings> = {
  taskQueues: { type: nullable(taskQueues), default: null, honoured: true },
  taskRoutes: { type: nullable(taskRoutes), default: null, honoured: true },
  taskQueueMaxPriority: { type: nullable(count), default: null, honoured: true },
  taskDefaultPriority: { type: nullable(count), default: null, honoured: true },
  taskInheritParentPriority: { type: bool, default: false, honoured: true },
  workerDirect: { type: bool, default: false, honoured: false },
  taskCreateMissingQueues: { type: bool, default: true, honoured: true },
  taskCreateMissingQueueType: { type: queueType, default: "classic", honoured: true },
  taskCreateMissingQueueExchangeType: { type: nullable(text), default: null, honoured: true },
  taskDefaultQueue: { type: text, default: "celery", honoured: true },
  taskDefaultQueueType: { type: queueType, default: "classic", honoured: true },
  taskDefaultExchange: { type: nullable(text), default: null, honoured: true },
  taskDefaultExchangeType: { type: text, default: "direct", honoured: true },
  taskDefaultRoutingKey: { type: nullable(text), default: null, honoured: true },
  taskDefaultDeliveryMode: { type: deliveryMode, default: 2, honoured: true },
};
