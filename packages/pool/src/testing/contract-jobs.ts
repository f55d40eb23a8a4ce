import type { JobContext } from "../contracts.ts";

/** What {@link contractExecute} can be asked to do; plain data, so that it reaches other processes and threads. */
export type ContractPayload =
  | { readonly act: "return"; readonly value: unknown }
  | { readonly act: "throw"; readonly message: string }
  | { readonly act: "reject"; readonly message: string }
  /** Accepts the job and runs until its signal aborts; returns the reason's name. */
  | { readonly act: "wait" }
  /** Runs until its signal aborts; throws the reason. */
  | { readonly act: "wait and throw" }
  | { readonly act: "accept"; readonly value: unknown }
  /** Throws an error of a class of its own, with a code, properties and a cause. */
  | { readonly act: "throw richly" }
  /** Returns something that cannot be cloned. */
  | { readonly act: "return a function" }
  /** Never gives control back. */
  | { readonly act: "block" }
  /** Calls `process.exit`. */
  | { readonly act: "exit"; readonly code: number };

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
    case "throw richly":
      throw new RichError();
    case "return a function":
      return () => {};
    case "block":
      for (;;);
    case "exit":
      return process.exit(job.code);
    case "accept":
      context.accept();
      return Promise.resolve(job.value);
    case "wait":
      context.accept();
      return aborted(context.signal).then((reason) => reason.name);
    case "wait and throw":
      return aborted(context.signal).then((reason) => {
        throw reason;
      });
  }
}

class RichError extends Error {
  override readonly name = "RichError";
  readonly code = "E_RICH";
  readonly details = { bytes: Buffer.from("abc"), when: new Date(0) };
  readonly callback = (): void => {};

  constructor() {
    super("rich", { cause: new TypeError("the cause", { cause: "a string" }) });
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
