import { asError, SoftTimeLimitExceeded, Terminated, TimeLimitExceeded, WorkerLostError } from "@q/kernel";
import type { StoredError } from "@q/backends";
import {
  ChordError,
  MaxRetriesExceededError,
  NotRegisteredError,
  RemoteTaskError,
  TaskRevokedError,
} from "../errors.ts";
import { Ignore, Reject, Retry } from "../tasks/steering.ts";

/** A class whose instances can be rebuilt from the arguments that travelled. */
export type ErrorClass = new (...args: never[]) => Error;

/** Module of every error class that has no counterpart in Python; it must not exist there. */
const JS_MODULE = "js";

/** JavaScript's own classes that Python has under the same name. */
const BUILTIN_CLASSES: ReadonlySet<string> = new Set(["TypeError", "SyntaxError"]);

/** Errors of ours that Python's Celery knows: their module and class name there, by code. */
const CELERY_CLASSES: Readonly<Record<string, readonly [module: string, name: string]>> = {
  ERR_Q_NOT_REGISTERED: ["celery.exceptions", "NotRegistered"],
  ERR_Q_MAX_RETRIES: ["celery.exceptions", "MaxRetriesExceededError"],
  ERR_Q_CHORD: ["celery.exceptions", "ChordError"],
  ERR_Q_TASK_REVOKED: ["celery.exceptions", "TaskRevokedError"],
  ERR_Q_IMPROPERLY_CONFIGURED: ["celery.exceptions", "ImproperlyConfigured"],
  ERR_Q_INVALID_CANVAS: ["celery.exceptions", "ImproperlyConfigured"],
  ERR_Q_INVALID_TASK: ["celery.exceptions", "InvalidTaskError"],
  ERR_Q_RETRY: ["celery.exceptions", "Retry"],
  ERR_Q_IGNORE: ["celery.exceptions", "Ignore"],
  ERR_Q_REJECT: ["celery.exceptions", "Reject"],
  ERR_Q_TASK_ARGUMENTS: ["builtins", "TypeError"],
  ERR_Q_ENCODE: ["kombu.exceptions", "EncodeError"],
  ERR_Q_SOFT_TIME_LIMIT: ["billiard.exceptions", "SoftTimeLimitExceeded"],
  ERR_Q_TIME_LIMIT: ["billiard.exceptions", "TimeLimitExceeded"],
  ERR_Q_WORKER_LOST: ["billiard.exceptions", "WorkerLostError"],
  ERR_Q_TERMINATED: ["billiard.exceptions", "Terminated"],
};

/**
 * The stored form of any thrown value. The arguments are the error's own `args` array when it has one, else its
 * message.
 */
export function storeError(thrown: unknown): StoredError {
  if (thrown instanceof RemoteTaskError) {
    return { excType: thrown.excType, excModule: thrown.excModule, excMessage: thrown.args };
  }
  const error = asError(thrown);
  const known = CELERY_CLASSES["code" in error ? String(error.code) : ""];
  const name = error.constructor.name || error.name || "Error";
  return {
    excType: known?.[1] ?? name,
    excModule: known?.[0] ?? (BUILTIN_CLASSES.has(name) ? "builtins" : JS_MODULE),
    excMessage: errorArgs(error),
  };
}

function errorArgs(error: Error): readonly unknown[] {
  if (error instanceof NotRegisteredError) return [error.taskName];
  if (error instanceof Reject) return [error.reason ?? null, error.requeue];
  if (error instanceof Retry)
    return [error.message, error.exc ? `${error.exc.name}: ${error.exc.message}` : null];
  if ("args" in error && Array.isArray(error.args)) return error.args;
  return [error.message];
}

type Rebuild = (args: readonly unknown[], message: string) => Error;

/** Celery's classes that we have too, by module and name. */
const counterparts: ReadonlyMap<string, Rebuild> = new Map<string, Rebuild>([
  ["celery.exceptions.TaskRevokedError", (_args, message) => new TaskRevokedError(message)],
  ["celery.exceptions.ChordError", (_args, message) => new ChordError(message)],
  ["celery.exceptions.NotRegistered", (args) => new NotRegisteredError(String(args[0]))],
  ["celery.exceptions.MaxRetriesExceededError", (_args, message) => new MaxRetriesExceededError(message)],
  ["celery.exceptions.Ignore", (_args, message) => new Ignore(message)],
  ["billiard.exceptions.SoftTimeLimitExceeded", (args) => new SoftTimeLimitExceeded(limitMsIn(args))],
  ["billiard.exceptions.TimeLimitExceeded", (args) => new TimeLimitExceeded(limitMsIn(args))],
  ["billiard.exceptions.WorkerLostError", (_args, message) => new WorkerLostError(message)],
  ["billiard.exceptions.Terminated", (_args, message) => new Terminated(message)],
]);

/** The limit as Celery's workers write it, in seconds; a soft limit of theirs has none. */
function limitMsIn([seconds]: readonly unknown[]): number | undefined {
  return typeof seconds === "number" ? seconds * 1000 : undefined;
}

/** Rebuilds stored errors: classes of the app by name, Celery's own by our counterparts, the rest as {@link RemoteTaskError}. */
export class ErrorReviver {
  readonly #classes: ReadonlyMap<string, ErrorClass>;

  constructor(classes: Iterable<ErrorClass> = []) {
    this.#classes = new Map([...classes].map((cls) => [cls.name, cls]));
  }

  revive(stored: StoredError, traceback: string | null = null): Error {
    const args = Array.isArray(stored.excMessage) ? (stored.excMessage as unknown[]) : [stored.excMessage];
    const message = args.map(argumentText).join(", ");
    const own = this.#rebuild(stored.excType, args);
    if (own) return own;
    const counterpart = counterparts.get(`${stored.excModule}.${stored.excType}`);
    return (
      counterpart?.(args, message) ??
      new RemoteTaskError(`${stored.excType}: ${message}`, { ...stored, args, traceback })
    );
  }

  /** A class of the app is trusted with its own arguments, but not to accept them. */
  #rebuild(name: string, args: readonly unknown[]): Error | undefined {
    const Class = this.#classes.get(name) as (new (...args: unknown[]) => Error) | undefined;
    if (Class === undefined) return undefined;
    try {
      return new Class(...args);
    } catch {
      return undefined;
    }
  }
}

function argumentText(arg: unknown): string {
  if (typeof arg === "string" || typeof arg === "bigint") return String(arg);
  return JSON.stringify(arg, (_key, value: unknown) => (typeof value === "bigint" ? String(value) : value));
}
