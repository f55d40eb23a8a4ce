import { ProcessPool } from "@q/pool";

// A program with a pool whose children do what the argument says. It prints their ids and waits to be killed.
const pool = new ProcessPool({
  size: 2,
  executor: { module: new URL("./fault-executor.mjs", import.meta.url).href },
});
await pool.start();
const act = process.argv[2];
const begin = (id) =>
  new Promise((onAccepted) => void pool.run({ id, payload: { act, ms: 60_000 }, onAccepted }));
if (act !== "idle") {
  const begun = Promise.all([begin("a"), begin("b")]);
  // Who blocks cannot say so.
  const areBlocked = async () => (await pool.dumpStacks()).every(({ stack }) => stack.includes("at block"));
  if (act === "block") while (!(await areBlocked()));
  else await begun;
}
const pids = pool.stats().executors.map(({ pid }) => pid);
process.stdout.write(`${JSON.stringify({ pid: process.pid, pids })}\n`);
