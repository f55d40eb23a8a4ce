import type { ResultMeta } from "@q/backends";
import {
  type Cancel,
  type Clock,
  ImproperlyConfiguredError,
  refuseUnknownOptions,
  TimeoutError,
} from "@q/kernel";

/** Any long time. */
const KEEP_ALIVE_MS = 60_000;

/** When waiting ends although nothing has come. */
export interface WaitOptions {
  /** Seconds to wait. Default: for ever. */
  readonly timeout?: number;
  /** Ends the waiting, which rejects with its reason. */
  readonly signal?: AbortSignal;
}

/** Options of `get`. */
export interface GetOptions extends WaitOptions {
  /** Throw the task's error. With `false` it is returned. Default true. */
  readonly propagate?: boolean;
  /** Told of every state on the way, where the backend reports them. */
  readonly onMessage?: (meta: ResultMeta) => void;
  /** Look first whether a task before it in its chain has failed. Default true. */
  readonly followParents?: boolean;
  /** Refuse to wait inside a task. Default true. */
  readonly disableSyncSubtasks?: boolean;
}

/** Options of `get` and `join` of several results. */
export interface JoinOptions extends GetOptions {
  /** Told of each result as it comes. */
  readonly callback?: (taskId: string, value: unknown) => void;
}

/** All of them: one that is forgotten here does not compile. */
const KNOWN: Readonly<Record<keyof JoinOptions, true>> = {
  timeout: true,
  signal: true,
  propagate: true,
  onMessage: true,
  followParents: true,
  disableSyncSubtasks: true,
  callback: true,
};

/**
 * For programs without types: `get(10)`, as in Python, or a misspelt `timeout` would wait for ever.
 *
 * @throws {ImproperlyConfiguredError} that names what is wrong
 */
export function checkGetOptions(options: JoinOptions): void {
  if (typeof options !== "object" || options === null)
    throw new ImproperlyConfiguredError(
      `get takes its options as an object, { timeout: 10 } with seconds, not ${String(options)}.`,
    );
  refuseUnknownOptions("get", options, KNOWN);
  const { timeout } = options;
  if (timeout !== undefined && (typeof timeout !== "number" || Number.isNaN(timeout)))
    throw new ImproperlyConfiguredError(
      `option "timeout" of get is not a number of seconds: ${String(timeout)}`,
    );
}

/** The limits of one wait: aborts on timeout and with the caller's signal. Whoever makes one ends it, which aborts nothing. */
export class WaitLimit {
  readonly #stop = new AbortController();
  readonly #undo: Cancel[] = [];

  /** `what` is waited for, as the text of the error names it. */
  constructor(clock: Clock, { timeout, signal }: WaitOptions, what: string) {
    if (timeout !== undefined) this.#expire(clock, timeout, what);
    if (signal === undefined) return;
    const onAbort = (): void => this.#stop.abort(signal.reason);
    if (signal.aborted) onAbort();
    signal.addEventListener("abort", onAbort, { once: true });
    this.#undo.push(() => signal.removeEventListener("abort", onAbort));
  }

  /** Aborts with a TimeoutError, or the reason of the caller's signal. */
  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  end(): void {
    for (const undo of this.#undo) undo();
  }

  /** Not `sleep`, which costs as much as a command to the backend. */
  #expire(clock: Clock, seconds: number, what: string): void {
    const cancel = clock.schedule(seconds * 1000, () =>
      this.#stop.abort(new TimeoutError(`no result of ${what} within ${seconds} s`)),
    );
    // What is scheduled does not keep the process alive, but somebody waits here.
    const keepAlive = setInterval(() => {}, KEEP_ALIVE_MS);
    this.#undo.push(cancel, () => clearInterval(keepAlive));
  }
}
