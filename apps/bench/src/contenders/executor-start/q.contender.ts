import { ProcessPool } from "@q/pool";
import { Worker } from "@q/worker";
import { readContext, readyAndGo } from "../../harness/contender.ts";
import { idleChild } from "../shared/idle-child.ts";
import { app } from "./app.ts";

const { settings } = readContext();

/** One process: of a pool alone, or of a worker. */
async function start(): Promise<ProcessPool> {
  if (settings.isBare === true) {
    const module = new URL("../pool-handoff/noop-executor.js", import.meta.url).href;
    const pool = new ProcessPool({ executor: { module } });
    await pool.start();
    return pool;
  }
  const worker = new Worker(app, {
    pool: "prefork",
    appModule: new URL("app.js", import.meta.url).href,
    concurrency: 1,
    withoutMingle: true,
  });
  await worker.start();
  return worker.pool as ProcessPool;
}

const [executor] = (await start()).stats().executors ?? [];
const meter = await readyAndGo();
meter.finish(1, { startMs: executor?.startupMs ?? NaN, ...(await idleChild(executor?.pid)) });
