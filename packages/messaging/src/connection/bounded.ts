import type { Clock } from "@q/kernel";

/**
 * The outcome of `work`, or a rejection with what `tooLate` makes when it takes longer than `limitMs`. The work itself
 * goes on; its late rejection is nobody's business any more.
 */
export function bounded<TValue>(
  work: Promise<TValue>,
  options: { readonly clock: Clock; readonly limitMs: number; readonly tooLate: () => Error },
): Promise<TValue> {
  return new Promise((resolve, reject) => {
    const cancel = options.clock.schedule(options.limitMs, () => reject(options.tooLate()));
    work.then(resolve, reject).finally(cancel);
  });
}

/** The outcome of `work`, or a rejection with the reason of `signal` as soon as it aborts. */
export function abortable<TValue>(work: Promise<TValue>, signal: AbortSignal | undefined): Promise<TValue> {
  if (signal === undefined) return work;
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener("abort", abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}
