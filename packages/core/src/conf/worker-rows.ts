import type { BeatSettings } from "./beat-settings.ts";
import type { ControlSettings } from "./control-settings.ts";
import { seconds } from "./duration.ts";
import type { SettingRows } from "./setting-row.ts";
import { anyOf, bool, count, map, nullable, oneOf, positive, text, textList } from "./setting-type.ts";
import type { WorkerSettings } from "./worker-settings.ts";

const STEPS = "Give the worker parts of your own as bootsteps instead: `new Worker(app, { steps: [...] })`.";

export const workerRows: SettingRows<WorkerSettings> = {
  imports: { type: textList, default: [] },
  include: { type: textList, default: [] },
  workerDeduplicateSuccessfulTasks: { type: bool, default: false },
  workerConcurrency: { type: nullable(count), default: null },
  workerPrefetchMultiplier: { type: anyOf(oneOf("auto"), count), default: "auto" },
  workerTasksPerExecutor: { type: positive, default: 1 },
  workerCrashLimit: { type: count, default: 3 },
  workerEtaTaskLimit: { type: nullable(count), default: null },
  workerDisablePrefetch: { type: bool, default: false },
  workerEnablePrefetchCountReduction: {
    type: bool,
    default: true,
    noEffect: "What still runs after a lost connection always counts against the prefetch limit.",
  },
  workerLostWait: {
    type: seconds,
    default: 10,
    noEffect: "The result of a process that died has been read by the time its end is noticed.",
  },
  workerMaxTasksPerChild: { type: nullable(count), default: null },
  workerMaxMemoryPerChild: { type: nullable(count), default: null },
  workerDisableRateLimits: { type: bool, default: false },
  workerStateDb: { type: nullable(text), default: null },
  workerTimerPrecision: {
    type: seconds,
    default: 1,
    noEffect:
      "Tasks with an ETA start when they are due, to the millisecond; a clock that was set is noticed within a second.",
  },
  workerEnableRemoteControl: { type: bool, default: true },
  workerProcAliveTimeout: { type: seconds, default: 4 },
  workerCancelLongRunningTasksOnConnectionLoss: { type: bool, default: false },
  workerDetectQuorumQueues: {
    type: bool,
    default: true,
    noEffect: "The prefetch limit is set in the way that suits every type of queue.",
  },
  workerSoftShutdownTimeout: { type: seconds, default: 0 },
  workerEnableSoftShutdownOnIdle: {
    type: bool,
    default: false,
    noEffect:
      "What a worker holds and does not run, such as tasks with an ETA, is given back at once in every shutdown: nobody has to wait for it.",
  },
  workerPool: { type: text, default: "prefork" },
  workerPoolPutlocks: {
    type: bool,
    default: true,
    noEffect: "A pool never gets more tasks than it has slots.",
  },
  workerPoolRestarts: { type: bool, default: false },
  workerAutoscaler: { type: nullable(text), default: null },
  workerConsumer: { type: nullable(text), default: null, noEffect: STEPS },
  workerTimer: { type: nullable(text), default: null, noEffect: STEPS },
  workerAgent: { type: nullable(text), default: null, noEffect: STEPS },
  workerLogfile: { type: nullable(text), default: null },
  workerPidfile: { type: nullable(text), default: null },
  workerUid: { type: nullable(anyOf(text, count)), default: null },
  workerGid: { type: nullable(anyOf(text, count)), default: null },
  workerUmask: { type: nullable(anyOf(text, count)), default: null },
  workerExecutable: { type: nullable(text), default: null },
  workerHijackRootLogger: {
    type: bool,
    default: true,
    noEffect:
      "There is no root logger to take over: a worker logs where its options say, and other loggers of your program are left alone.",
  },
  workerLogColor: { type: nullable(bool), default: null },
  workerLogFormat: {
    type: text,
    default: "[%(asctime)s: %(levelname)s/%(processName)s] %(message)s",
  },
  workerTaskLogFormat: {
    type: text,
    default: "[%(asctime)s: %(levelname)s/%(processName)s] %(task_name)s[%(task_id)s]: %(message)s",
  },
  workerRedirectStdouts: { type: bool, default: true },
  workerRedirectStdoutsLevel: { type: text, default: "WARNING" },
};

export const controlRows: SettingRows<ControlSettings> = {
  workerSendTaskEvents: { type: bool, default: false },
  eventQueueTtl: { type: nullable(seconds), default: 5 },
  eventQueueExpires: { type: nullable(seconds), default: 60 },
  eventQueueDurable: { type: bool, default: false },
  eventQueueExclusive: { type: bool, default: true },
  eventQueuePrefix: { type: text, default: "celeryev" },
  eventExchange: { type: text, default: "celeryev" },
  eventSerializer: { type: text, default: "json" },
  eventsLogfile: { type: nullable(text), default: null },
  eventsPidfile: { type: nullable(text), default: null },
  eventsUid: { type: nullable(anyOf(text, count)), default: null },
  eventsGid: { type: nullable(anyOf(text, count)), default: null },
  eventsUmask: { type: nullable(anyOf(text, count)), default: null },
  eventsExecutable: { type: nullable(text), default: null },
  controlQueueTtl: { type: nullable(seconds), default: 300 },
  controlQueueExpires: { type: nullable(seconds), default: 10 },
  controlExchange: { type: text, default: "celery" },
  controlQueueDurable: { type: bool, default: false },
  controlQueueExclusive: { type: bool, default: true },
};

export const beatRows: SettingRows<BeatSettings> = {
  beatSchedule: { type: map, default: {} },
  beatScheduler: { type: nullable(text), default: null },
  beatScheduleFilename: { type: text, default: "celerybeat-schedule" },
  beatSyncEvery: { type: count, default: 0 },
  beatMaxLoopInterval: { type: seconds, default: 0 },
  beatCronStartingDeadline: { type: nullable(seconds), default: null },
  beatLogfile: { type: nullable(text), default: null },
  beatPidfile: { type: nullable(text), default: null },
  beatUid: { type: nullable(anyOf(text, count)), default: null },
  beatGid: { type: nullable(anyOf(text, count)), default: null },
  beatUmask: { type: nullable(anyOf(text, count)), default: null },
  beatExecutable: { type: nullable(text), default: null },
};
