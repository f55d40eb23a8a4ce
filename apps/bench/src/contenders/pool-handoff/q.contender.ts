import { type Pool, ProcessPool, ThreadPool } from "@q/pool";
import { readContext, readyAndGo } from "../../harness/contender.ts";
import { EXECUTORS, payload } from "./payload.ts";

const { count, settings } = readContext();
const options = {
  executor: { module: new URL("noop-executor.js", import.meta.url).href },
  size: EXECUTORS,
};
const pool: Pool = settings.executors === "threads" ? new ThreadPool(options) : new ProcessPool(options);
await pool.start();
const { payloadBytes } = settings;
const window = settings.batches === true ? pool.capacity : EXECUTORS;

/** Keeps the window full until so many jobs have ended. */
function run(jobs: number): Promise<void> {
  let left = jobs;
  let underWay = 0;
  let isPumping = false;
  return new Promise((resolve) => {
    const ended = (): void => {
      underWay--;
      if (left === 0 && underWay === 0) resolve();
      else pump();
    };
    const pump = (): void => {
      if (isPumping) return;
      isPumping = true;
      while (left > 0 && underWay < window) {
        underWay++;
        pool.submit({ id: `job-${left--}`, payload: payload(), onAccepted: () => {} }, ended);
      }
      isPumping = false;
    };
    pump();
  });
}

// The code of all processes is compiled by then.
await run(payloadBytes === undefined ? 20_000 : 200);
const meter = await readyAndGo();
await run(count);
meter.finish(count);
