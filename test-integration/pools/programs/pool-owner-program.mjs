import { ProcessPool } from "@q/pool";

// A program with a pool whose children do what the argument says. It prints their ids and waits to be killed.
const pool = new ProcessPool({
  size: 2,
  executor: { module: new URL("./fault-executor.mjs", import.meta.url).href },
});
await pool.start();
const act = process.argv[2];
if (act !== "idle") for (const id of ["a", "b"]) void pool.run({ id, payload: { act, ms: 60_000 } });
await new Promise((resolve) => setTimeout(resolve, 100));
const pids = pool.stats().executors.map(({ pid }) => pid);
process.stdout.write(`${JSON.stringify({ pid: process.pid, pids })}\n`);
