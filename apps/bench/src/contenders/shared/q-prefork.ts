import type { App } from "@q/core";
import { type Job, type Outcome, ProcessPool } from "@q/pool";
import { Worker } from "@q/worker";
import { type Meter, readContext, readyAndGo } from "../../harness/contender.ts";

/** What a measured worker with child processes is like. */
export interface PreforkOptions {
  readonly concurrency: number;
  /** Default that of the worker. */
  readonly prefetchMultiplier?: number | undefined;
  /** Jobs of the pool until all tasks have ended. Default one per task. */
  readonly jobs?: number;
}

/**
 * A worker with child processes drains `count` tasks. The clocks start when the processes are up, and stop when the
 * last acknowledgement has reached the broker.
 */
export async function measurePrefork(app: App, appModule: string, options: PreforkOptions): Promise<void> {
  const { count } = readContext();

  class MeasuredPool extends ProcessPool {
    #meter: Meter | undefined;
    #left = options.jobs ?? count;

    override async start(): Promise<void> {
      await super.start();
      this.#meter = await readyAndGo();
    }

    #finish(): void {
      const { lost: lostProcesses = 0, writes } = this.stats();
      const { jobs = 0, batches = 1 } = writes ?? {};
      this.#meter?.finish(count, { jobsPerWrite: jobs / batches, lostProcesses });
    }

    override submit(job: Job, done: (outcome: Outcome) => void): void {
      super.submit(job, (outcome) => {
        done(outcome);
        if (--this.#left === 0) void worker.consumer?.flush().then(() => this.#finish());
      });
    }
  }

  const { concurrency, prefetchMultiplier } = options;
  const worker = new Worker(app, {
    pool: ({ size, executor }) => {
      if (executor === undefined) throw new Error("the worker does not know its app");
      return new MeasuredPool({ size, executor });
    },
    appModule,
    concurrency,
    ...(prefetchMultiplier !== undefined && { prefetchMultiplier }),
    withoutMingle: true,
  });
  // Connecting is set-up; consuming is what is measured.
  await (await app.connectionForWrite()).connect();
  await worker.start();
}
