import { didYouMean, QError, type QErrorOptions } from "@q/kernel";

/** No task of that name is registered with the app. */
export class NotRegisteredError extends QError {
  readonly code = "ERR_Q_NOT_REGISTERED";
  readonly taskName: string;

  /** @param known names to compare a misspelt one with */
  constructor(taskName: string, known: Iterable<string> = []) {
    super(
      `no task named "${taskName}" is registered.${didYouMean(taskName, known)} ` +
        'Import the module that defines it (setting "include"), or check the name.',
    );
    this.taskName = taskName;
  }
}

/** A task message whose headers or body do not have the prescribed shape. */
export class InvalidTaskError extends QError {
  readonly code = "ERR_Q_INVALID_TASK";
}

/** A task was called with arguments that its function does not take; the counterpart of Python's TypeError. */
export class TaskArgumentsError extends QError {
  readonly code = "ERR_Q_TASK_ARGUMENTS";
}

/** A task has used up its retries. */
export class MaxRetriesExceededError extends QError {
  readonly code = "ERR_Q_MAX_RETRIES";
  readonly taskArgs: readonly unknown[];
  readonly taskKwargs: Readonly<Record<string, unknown>>;

  constructor(
    message: string,
    options: QErrorOptions & {
      taskArgs?: readonly unknown[];
      taskKwargs?: Readonly<Record<string, unknown>>;
    } = {},
  ) {
    super(message, options);
    this.taskArgs = options.taskArgs ?? [];
    this.taskKwargs = options.taskKwargs ?? {};
  }
}

/** The task was revoked, or it expired, before it ran. */
export class TaskRevokedError extends QError {
  readonly code = "ERR_Q_TASK_REVOKED";
}

/** A chord came to no good end: a member of its header failed, or its body could not be sent. */
export class ChordError extends QError {
  readonly code = "ERR_Q_CHORD";
}

/** `get` was called inside a task: waiting for another task while holding a slot can lock up every worker. */
export class SyncSubtaskError extends QError {
  readonly code = "ERR_Q_SYNC_SUBTASK";

  constructor() {
    super(
      "never wait for a result inside a task: use a chain, a link or a chord. " +
        "If you are sure that it cannot deadlock, pass { disableSyncSubtasks: false }.",
    );
  }
}

/** The message did not fit a route: the queue is unknown and may not be created. */
export class UnroutableError extends QError {
  readonly code = "ERR_Q_UNROUTABLE";
}

/**
 * An error thrown by a task, as read from the result backend. Match on `excType` (and `excModule`).
 * Errors of classes listed in the app's `errors` option arrive as instances of those classes instead.
 */
export class RemoteTaskError extends QError {
  readonly code = "ERR_Q_REMOTE_TASK";
  /** Class name of the error where it was thrown, such as `ValueError`. */
  readonly excType: string;
  /** Its module: `builtins` for Python's own classes, `js` for those of JavaScript. */
  readonly excModule: string;
  /** Constructor arguments of the error. */
  readonly args: readonly unknown[];
  /** Stack text of the worker, when it was stored. */
  readonly traceback: string | null;

  constructor(
    message: string,
    remote: { excType: string; excModule: string; args: readonly unknown[]; traceback: string | null },
  ) {
    super(message);
    this.excType = remote.excType;
    this.excModule = remote.excModule;
    this.args = remote.args;
    this.traceback = remote.traceback;
  }
}

/** A signature was to be sent that no app is known of. */
export class UnboundSignatureError extends QError {
  readonly code = "ERR_Q_UNBOUND_SIGNATURE";

  constructor(signature: string) {
    super(
      `the signature ${signature} was made without an app: send it with app.send(signature), or make it from a task of an app.`,
    );
  }
}

/** A workflow that cannot be. */
export class InvalidCanvasError extends QError {
  readonly code = "ERR_Q_INVALID_CANVAS";
}

/** A task message is larger than the setting `task_message_max_bytes` allows. Nothing was sent. */
export class MessageTooLargeError extends QError {
  readonly code = "ERR_Q_MESSAGE_TOO_LARGE";

  constructor(taskName: string, sizes: { readonly bytes: number; readonly limit: number }) {
    super(
      `the message of ${taskName} has ${sizes.bytes} bytes and may have ${sizes.limit}. Pass a reference to large data, ` +
        "cut the workflow into parts that start each other, or raise task_message_max_bytes as far as the broker allows.",
    );
  }
}

/** A result was collected, or drawn, with all that came of it, and something has not ended yet. */
export class IncompleteStreamError extends QError {
  readonly code = "ERR_Q_INCOMPLETE_STREAM";
  readonly resultId: string;

  constructor(resultId: string) {
    super(`the result ${resultId} has not ended: wait for it first, or pass { intermediate: true }`);
    this.resultId = resultId;
  }
}

/** A graph of dependencies leads back to itself. */
export class CycleError extends QError {
  readonly code = "ERR_Q_CYCLE";

  constructor(graph: string) {
    super(`the graph ${graph} has a cycle: its nodes have no order`);
  }
}

/** The result backend cannot tell when the header of a chord has ended. Nothing was sent. */
export class ChordsUnsupportedError extends QError {
  readonly code = "ERR_Q_CHORDS_UNSUPPORTED";
}
