import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { asError, deferred, type Deferred } from "@q/kernel";
import type { LeaseRenewerOptions } from "./lease-renewer.ts";

/** What the thread is told. */
export type LeaseThreadOrder =
  | { readonly open: LeaseRenewerOptions; readonly id: number }
  | { readonly chunk: SharedArrayBuffer; readonly id: number }
  | { readonly close: true; readonly id: number };

/** What the thread says: it runs, or a round of a renewer has failed. */
export interface LeaseThreadReport {
  readonly id?: number;
  readonly error?: string;
}

/** Told of what happens to one renewer. */
export interface LeaseThreadListener {
  /** A round has failed; the next one tries again. */
  onError(reason: string): void;
  /** The thread is gone and does not come back. */
  onEnd(error: Error): void;
}

/**
 * The thread in which leases are renewed: one for all connections of a transport, started with the first renewer. A
 * connection that is lost leaves it running for the next one; when the last is closed in order, it ends.
 */
export class LeaseThread {
  readonly #listeners = new Map<number, LeaseThreadListener>();
  #worker: Worker | undefined;
  #running: Deferred<void> = deferred<void>();
  #lastId = 0;

  /** Resolves when the thread runs, or cannot. */
  get running(): Promise<void> {
    return this.#running.promise;
  }

  /** Starts a renewer and returns its number. */
  open(options: LeaseRenewerOptions, listener: LeaseThreadListener): number {
    const id = ++this.#lastId;
    this.#listeners.set(id, listener);
    this.#worker ??= this.#start();
    this.#order({ open: options, id });
    return id;
  }

  /** Gives a renewer more tags to look after. */
  share(id: number, chunk: SharedArrayBuffer): void {
    this.#order({ chunk, id });
  }

  /** Ends a renewer; `isOrderly` says that no other connection is about to follow. */
  async close(id: number, isOrderly: boolean): Promise<void> {
    if (!this.#listeners.delete(id)) return;
    this.#order({ close: true, id });
    if (!isOrderly || this.#listeners.size > 0) return;
    const worker = this.#worker;
    this.#worker = undefined;
    this.#running = deferred<void>();
    await worker?.terminate();
  }

  #start(): Worker {
    const worker = startWorker();
    worker.on("message", ({ id, error }: LeaseThreadReport) => {
      if (id === undefined) this.#running.resolve();
      else this.#listeners.get(id)?.onError(error ?? "unknown");
    });
    worker.on("error", (thrown: unknown) => {
      this.#worker = undefined;
      this.#running.resolve();
      const listeners = [...this.#listeners.values()];
      this.#listeners.clear();
      for (const listener of listeners) listener.onEnd(asError(thrown));
    });
    // Last, for a listener of messages keeps the process alive again.
    worker.unref();
    return worker;
  }

  #order(order: LeaseThreadOrder): void {
    this.#worker?.postMessage(order);
  }
}

/**
 * What the thread runs. Node 20 runs no TypeScript, and `new URL("./x.ts")` is not rewritten by the compiler: so this
 * is chosen here. From source it needs tsx, as a hook inside the thread: a loader for modules would ask the main
 * thread, which may be blocked. Without tsx it takes the build.
 */
function startWorker(): Worker {
  const settings = { name: "q-redis-leases" };
  const isBuilt = import.meta.url.endsWith(".js");
  const tsx = isBuilt ? undefined : findTsx();
  if (tsx !== undefined) {
    const entry = fileURLToPath(new URL("./lease-thread-entry.ts", import.meta.url));
    const code = `require(${JSON.stringify(tsx)}); require(${JSON.stringify(entry)});`;
    return new Worker(code, { ...settings, eval: true, execArgv: ["--conditions=@q/source"] });
  }
  const folder = isBuilt ? "./" : "../../../dist/transports/redis/";
  return new Worker(new URL(`${folder}lease-thread-entry.js`, import.meta.url), {
    ...settings,
    execArgv: [],
  });
}

function findTsx(): string | undefined {
  try {
    return createRequire(import.meta.url).resolve("tsx/cjs");
  } catch {
    return undefined;
  }
}
