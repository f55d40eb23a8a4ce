import { type Cancel, type Clock, TimeoutError } from "@q/kernel";

/** Any long time. */
const KEEP_ALIVE_MS = 60_000;

/** When waiting ends although nothing has come. */
export interface WaitOptions {
  /** Seconds to wait. Default: for ever. */
  readonly timeout?: number;
  /** Ends the waiting, which rejects with its reason. */
  readonly signal?: AbortSignal;
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
