import type { RetryPolicy } from "@q/kernel";
import type { TaskAnnotations } from "../tasks/annotations.ts";

/** Settings: Tasks. */
export interface TaskSettings {
  /**
   * Changes options of tasks from outside: by task name or `*`, by functions, or a list of these. Default
   * `null`.
   */
  readonly taskAnnotations: TaskAnnotations | readonly TaskAnnotations[] | null;
  /** Default compression of task messages. Default `null`. */
  readonly taskCompression: string | null;
  /**
   * Message protocol version used when sending. 1 is for workers older than Celery 4; it carries no root, parent or
   * stamps, and the result is always stored. Default `2`.
   */
  readonly taskProtocol: 1 | 2;
  /** Default serializer of task messages. Default `"json"`. */
  readonly taskSerializer: string;
  /**
   * Largest body of a task message, in bytes; a larger one fails at the caller, before anything of its workflow is sent.
   * `null`: no limit. Default `16777216`.
   */
  readonly taskMessageMaxBytes: number | null;
  /** Retry publishing after connection errors. Default `true`. */
  readonly taskPublishRetry: boolean;
  /**
   * How often and when publishing is tried again; the intervals are seconds. Default `{ maxRetries: 3,
   * intervalStart: 0, intervalStep: 0.2, intervalMax: 1 }`.
   */
  readonly taskPublishRetryPolicy: RetryPolicy;
  /** Run calls locally instead of sending messages. Default `false`. */
  readonly taskAlwaysEager: boolean;
  /** Local (eager) runs throw task errors. Default `false`. */
  readonly taskEagerPropagates: boolean;
  /** Save eager results in the backend too. Default `false`. */
  readonly taskStoreEagerResult: boolean;
  /** Attach the worker stack to errors rethrown by the client. Default `false`. */
  readonly taskRemoteTracebacks: boolean;
  /** Do not store return values. Default `false`. */
  readonly taskIgnoreResult: boolean;
  /** Keep errors although results are ignored. Default `false`. */
  readonly taskStoreErrorsEvenIfIgnored: boolean;
  /** Report the STARTED state. Default `false`. */
  readonly taskTrackStarted: boolean;
  /** Seconds after which a running task is ended by force. Default `null`. */
  readonly taskTimeLimit: number | null;
  /** Seconds after which a running task's signal aborts with `SoftTimeLimitExceeded`. Default `null`. */
  readonly taskSoftTimeLimit: number | null;
  /** Attach chord errback to header tasks as well. Default `false`. */
  readonly taskAllowErrorCbOnChordHeader: boolean;
  /** Acknowledge after execution. Default `false`. */
  readonly taskAcksLate: boolean;
  /** With late acknowledgement: acknowledge failed and timed-out tasks as well. Default `true`. */
  readonly taskAcksOnFailureOrTimeout: boolean;
  /**
   * With late acknowledgement: acknowledge failed tasks; off rejects them for good. `null`: as
   * `taskAcksOnFailureOrTimeout`. Default `null`.
   */
  readonly taskAcksOnFailure: boolean | null;
  /**
   * With late acknowledgement: acknowledge timed-out tasks; off puts them back. `null`: as
   * `taskAcksOnFailureOrTimeout`. Default `null`.
   */
  readonly taskAcksOnTimeout: boolean | null;
  /** Requeue when the executing process is lost (with late ack). Default `false`. */
  readonly taskRejectOnWorkerLost: boolean;
  /**
   * Rate limit of tasks without their own: `10/s`, `10/m`, `10/h`, or a number per second. Default `null`.
   */
  readonly taskDefaultRateLimit: string | number | null;
  /** Emit task-sent when publishing. Default `false`. */
  readonly taskSendSentEvent: boolean;
}
