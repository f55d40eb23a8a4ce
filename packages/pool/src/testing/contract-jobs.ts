import type { JobContext } from "../contracts.ts";

/** What {@link contractExecute} can be asked to do; plain data, so that it reaches other processes and threads. */
export type ContractPayload =
  | { readonly act: "return"; readonly value: unknown }
  | { readonly act: "throw"; readonly message: string }
  | { readonly act: "reject"; readonly message: string }
  /** Runs until its signal aborts; returns the reason's name. */
  | { readonly act: "wait" }
  /** Runs until its signal aborts; throws the reason. */
  | { readonly act: "wait and throw" }
  | { readonly act: "accept"; readonly value: unknown };

/** The function that a pool under test runs. Pools that run it elsewhere import it there. */
export function contractExecute(payload: unknown, context: JobContext): unknown {
  const job = payload as ContractPayload;
  switch (job.act) {
    case "return":
      return job.value;
    case "throw":
      throw new RangeError(job.message);
    case "reject":
      return Promise.reject(new RangeError(job.message));
    case "accept":
      context.accept();
      return Promise.resolve(job.value);
    case "wait":
      return aborted(context.signal).then((reason) => reason.name);
    case "wait and throw":
      return aborted(context.signal).then((reason) => {
        throw reason;
      });
  }
}

/** Waits with a timer that keeps the process alive, as a real task would. */
function aborted(signal: AbortSignal): Promise<Error> {
  return new Promise((resolve) => {
    const alive = setInterval(() => {}, 60_000);
    const done = (): void => {
      clearInterval(alive);
      resolve(signal.reason as Error);
    };
    if (signal.aborted) done();
    else signal.addEventListener("abort", done, { once: true });
  });
}
