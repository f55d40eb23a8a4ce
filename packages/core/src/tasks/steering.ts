import { QError, type QErrorOptions } from "@q/kernel";
import type { RetryOverrides } from "./retry.ts";

/** What a task throws to steer its own execution. Steering is not failure: it is never logged as an error. */
abstract class Steering extends QError {}

/** Thrown by `self.retry`: run this task again later, under the same id. */
export class Retry extends Steering {
  readonly code = "ERR_Q_RETRY";
  /** Why; stored as the result while the task waits. */
  readonly exc: Error | undefined;
  /** When the task runs again. */
  readonly when: Date;
  /** Changes to the next attempt. */
  readonly overrides: RetryOverrides;

  constructor(
    options: QErrorOptions & {
      exc?: Error | undefined;
      when: Date;
      delaySeconds: number;
      overrides: RetryOverrides;
    },
  ) {
    const reason = options.exc ? `: ${options.exc.name}(${JSON.stringify(options.exc.message)})` : "";
    super(`Retry in ${options.delaySeconds}s${reason}`, options.exc ? { cause: options.exc } : {});
    this.exc = options.exc;
    this.when = options.when;
    this.overrides = options.overrides;
  }
}

/** Thrown to end a task without a state: the message is acknowledged and nothing is stored. */
export class Ignore extends Steering {
  readonly code = "ERR_Q_IGNORE";

  constructor(message = "the task asked to be ignored") {
    super(message);
  }
}

/** Thrown to reject the message: back to its queue, or to its dead-letter exchange. Only with late acknowledgement. */
export class Reject extends Steering {
  readonly code = "ERR_Q_REJECT";
  readonly reason: string | undefined;
  readonly requeue: boolean;

  constructor(reason?: string, options: { requeue?: boolean } = {}) {
    const requeue = options.requeue ?? false;
    super(`reject requeue=${requeue}: ${reason ?? "no reason given"}`);
    this.reason = reason;
    this.requeue = requeue;
  }
}
