import { setTimeout as sleep } from "node:timers/promises";
import { ThreadPool } from "@q/pool";

// A program that starts pools of threads and stops them within the start, as many as its argument says.
const module = new URL("./fault-executor.mjs", import.meta.url).href;
const rounds = Number(process.argv[2]);

for (let round = 0; round < rounds; round++) {
  const pool = new ThreadPool({ size: 4, executor: { module } });
  const started = pool.start().catch(() => {});
  await sleep(round % 100);
  await pool.stop();
  await started;
}
console.log("survived");
