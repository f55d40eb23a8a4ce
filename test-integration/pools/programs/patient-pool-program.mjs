import { ProcessPool, ThreadPool } from "@q/pool";

// A program with nothing but a pool of the given kind, whose only executor dies and is not replaced at once.
const Kind = process.argv[2] === "threads" ? ThreadPool : ProcessPool;
const pool = new Kind({
  size: 1,
  maxRestarts: 0,
  executor: { module: new URL("./fault-executor.mjs", import.meta.url).href },
});
await pool.start();
await pool.run({ id: "a", payload: { act: "exit", code: 1 } });
const { value } = await pool.run({ id: "b", payload: { act: "echo", value: "replaced" } });
console.log(value);
await pool.stop();
