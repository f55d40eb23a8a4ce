import { type Job, type Outcome, ProcessPool } from "@q/pool";
import { Worker } from "@q/worker";
import { type Meter, readContext, readyAndGo } from "../../harness/contender.ts";
import { app } from "./app.ts";

const { count, settings } = readContext();

/** Starts the clocks when the processes are up, and ends with the last task. */
class MeasuredPool extends ProcessPool {
  #meter: Meter | undefined;
  #left = count;

  override async start(): Promise<void> {
    await super.start();
    this.#meter = await readyAndGo();
  }

  override submit(job: Job, done: (outcome: Outcome) => void): void {
    super.submit(job, (outcome) => {
      done(outcome);
      if (--this.#left === 0) void worker.consumer?.flush().then(() => this.#meter?.finish(count));
    });
  }
}

const worker = new Worker(app, {
  pool: ({ size, executor }) => {
    if (executor === undefined) throw new Error("the worker does not know its app");
    const strategy = settings.strategy === "default" ? "default" : "fair";
    return new MeasuredPool({ size, executor, strategy });
  },
  appModule: new URL("app.js", import.meta.url).href,
  concurrency: 4,
  prefetchMultiplier: 25,
});
await worker.start();
