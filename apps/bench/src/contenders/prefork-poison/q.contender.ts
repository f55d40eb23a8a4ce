import { type Job, type Outcome, ProcessPool } from "@q/pool";
import { Worker } from "@q/worker";
import { type Meter, readContext, readyAndGo } from "../../harness/contender.ts";
import { app } from "./app.ts";

const { count, settings } = readContext();

/** What is left to run: each poisonous task may kill three processes. */
const jobs = count + 3 * Math.floor((count * (settings.poisonPercent ?? 0)) / 100);

/** Starts the clocks when the processes are up, and ends with the last job. */
class MeasuredPool extends ProcessPool {
  #meter: Meter | undefined;
  #left = jobs;

  override async start(): Promise<void> {
    await super.start();
    this.#meter = await readyAndGo();
  }

  override submit(job: Job, done: (outcome: Outcome) => void): void {
    super.submit(job, (outcome) => {
      done(outcome);
      if (--this.#left === 0) this.#meter?.finish(count, { lostProcesses: this.stats().lost ?? 0 });
    });
  }
}

const worker = new Worker(app, {
  pool: ({ size, executor }) => {
    if (executor === undefined) throw new Error("the worker does not know its app");
    return new MeasuredPool({ size, executor });
  },
  appModule: new URL("app.js", import.meta.url).href,
  concurrency: 4,
  withoutMingle: true,
});
await (await app.connectionForWrite()).connect();
await worker.start();
