import { type Deferred, deferred, Terminated } from "@q/kernel";
import type { Blueprint } from "./blueprint.ts";
import type { Worker } from "./worker.ts";

/**
 * What follows a lost task gets so long at the end, on top of a grace period: a broker or backend that is down must not
 * keep the worker.
 */
const SETTLE_TIMEOUT_MS = 3000;

/** How a worker is asked to end: `warm` lets running tasks finish, `cold` ends them. */
export type StopMode = "warm" | "cold";

/**
 * The end of a worker: takes nothing new, gives back what has not started, waits for what runs or ends it, and closes
 * every part. Begins once; a later request can only make it colder.
 */
export class Shutdown {
  readonly #worker: Worker;
  readonly #blueprint: Blueprint<Worker>;
  readonly #onEnd: () => void;
  readonly #ended: Deferred<void> = deferred();
  #under: Promise<void> | undefined;
  #mode: StopMode | undefined;
  #failure: Error | undefined;

  constructor(worker: Worker, blueprint: Blueprint<Worker>, onEnd: () => void) {
    this.#worker = worker;
    this.#blueprint = blueprint;
    this.#onEnd = onEnd;
  }

  /** Resolves when the shutdown is complete; `undefined` before it has begun. */
  get underWay(): Promise<void> | undefined {
    return this.#under;
  }

  /** Settles when the worker has ended; rejects with the error that ended it. */
  get ended(): Promise<void> {
    return this.#ended.promise;
  }

  /** The error that ended the worker by itself. */
  get failure(): Error | undefined {
    return this.#failure;
  }

  /** With the setting `workerSoftShutdownTimeout` the first `cold` gives running tasks so many seconds. */
  begin(mode: StopMode): Promise<void> {
    const { workerSoftShutdownTimeout: softSeconds } = this.#worker.app.conf;
    if (mode === "cold") {
      if (softSeconds > 0 && this.#mode !== "cold") this.#abandonIn(softSeconds);
      else this.#abandon();
    }
    this.#mode = this.#mode === "cold" ? "cold" : mode;
    this.#under ??= this.#run(mode);
    return this.#under;
  }

  /** Ends the worker because of an error that nothing can mend. */
  fail(error: Error): void {
    this.#failure = error;
    void this.begin("cold");
  }

  async #run(mode: StopMode): Promise<void> {
    const { app, hostname, logger, options } = this.#worker;
    app.events.emit("worker:stopping", { hostname, how: mode });
    const log = (message: string) => (err: unknown) => logger.error({ err }, message);
    await this.#blueprint.drain(this.#worker).catch(log("a part of the worker could not finish its work"));
    if (options.gracePeriod !== undefined) this.#abandonIn(options.gracePeriod);
    await this.#worker.pool?.drain();
    await this.#worker.dispatcher?.settled(SETTLE_TIMEOUT_MS);
    await this.#blueprint.stop(this.#worker).catch(log("a part of the worker could not be stopped"));
    this.#onEnd();
    app.events.emit("worker:stopped", { hostname });
    if (this.#failure) this.#ended.reject(this.#failure);
    else this.#ended.resolve();
  }

  #abandonIn(seconds: number): void {
    const cancel = this.#worker.app.clock.schedule(seconds * 1000, () => this.#abandon());
    this.#ended.promise.then(cancel, cancel);
  }

  #abandon(): void {
    this.#worker.dispatcher?.abandon(new Terminated("the worker is shutting down"));
  }
}
