import { seconds } from "./duration.ts";
import type { GeneralSettings } from "./general-settings.ts";
import type { RoutingSettings } from "./routing-settings.ts";
import type { SettingRows } from "./setting-row.ts";
import {
  anyOf,
  bool,
  count,
  deliveryMode,
  instance,
  nullable,
  oneOf,
  rateLimit,
  text,
  textList,
} from "./setting-type.ts";
import { retryPolicy, taskAnnotations, taskQueues, taskRoutes } from "./structured-types.ts";
import type { TaskSettings } from "./task-settings.ts";

const bytes = instance("bytes", (value): value is Uint8Array => value instanceof Uint8Array);

const queueType = oneOf("classic", "quorum");

const UNSIGNED =
  "Messages are not signed in this version. Protect the broker with TLS, a password and its own permissions.";

export const generalRows: SettingRows<GeneralSettings> = {
  acceptContent: { type: textList, default: ["json"] },
  resultAcceptContent: { type: nullable(textList), default: null },
  enableUtc: { type: bool, default: true },
  timezone: { type: text, default: "UTC" },
  securityKey: { type: nullable(text), default: null, noEffect: UNSIGNED },
  securityKeyPassword: { type: nullable(anyOf(text, bytes)), default: null, noEffect: UNSIGNED },
  securityCertificate: { type: nullable(text), default: null, noEffect: UNSIGNED },
  securityCertStore: { type: nullable(text), default: null, noEffect: UNSIGNED },
  securityDigest: { type: text, default: "sha256", noEffect: UNSIGNED },
};

export const taskRows: SettingRows<TaskSettings> = {
  taskAnnotations: { type: nullable(taskAnnotations), default: null },
  taskCompression: { type: nullable(text), default: null },
  taskProtocol: { type: oneOf(1, 2), default: 2 },
  taskSerializer: { type: text, default: "json" },
  taskMessageMaxBytes: { type: nullable(count), default: 16_777_216 },
  taskPublishRetry: { type: bool, default: true },
  taskPublishRetryPolicy: {
    type: retryPolicy,
    default: { maxRetries: 3, intervalStart: 0, intervalStep: 0.2, intervalMax: 1 },
  },
  taskAlwaysEager: { type: bool, default: false },
  taskEagerPropagates: { type: bool, default: false },
  taskStoreEagerResult: { type: bool, default: false },
  taskRemoteTracebacks: { type: bool, default: false },
  taskIgnoreResult: { type: bool, default: false },
  taskStoreErrorsEvenIfIgnored: { type: bool, default: false },
  taskTrackStarted: { type: bool, default: false },
  taskTimeLimit: { type: nullable(seconds), default: null },
  taskSoftTimeLimit: { type: nullable(seconds), default: null },
  taskAllowErrorCbOnChordHeader: { type: bool, default: false },
  taskAcksLate: { type: bool, default: false },
  taskAcksOnFailureOrTimeout: {
    type: bool,
    default: true,
    useInstead: "task_acks_on_failure and task_acks_on_timeout",
  },
  taskAcksOnFailure: { type: nullable(bool), default: null },
  taskAcksOnTimeout: { type: nullable(bool), default: null },
  taskRejectOnWorkerLost: { type: bool, default: false },
  taskDefaultRateLimit: { type: nullable(rateLimit), default: null },
  taskSendSentEvent: { type: bool, default: false },
};

export const routingRows: SettingRows<RoutingSettings> = {
  taskQueues: { type: nullable(taskQueues), default: null },
  taskRoutes: { type: nullable(taskRoutes), default: null },
  taskQueueMaxPriority: { type: nullable(count), default: null },
  taskDefaultPriority: { type: nullable(count), default: null },
  taskInheritParentPriority: { type: bool, default: false },
  workerDirect: { type: bool, default: false },
  taskCreateMissingQueues: { type: bool, default: true },
  taskCreateMissingQueueType: { type: queueType, default: "classic" },
  taskCreateMissingQueueExchangeType: { type: nullable(text), default: null },
  taskDefaultQueue: { type: text, default: "celery" },
  taskDefaultQueueType: { type: queueType, default: "classic" },
  taskDefaultExchange: { type: nullable(text), default: null },
  taskDefaultExchangeType: { type: text, default: "direct" },
  taskDefaultRoutingKey: { type: nullable(text), default: null },
  taskDefaultDeliveryMode: { type: deliveryMode, default: 2 },
};
