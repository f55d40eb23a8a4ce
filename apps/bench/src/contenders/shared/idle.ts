import { setTimeout as sleep } from "node:timers/promises";
import { readyAndGo } from "../../harness/contender.ts";

/** Reports ready, idles for 3 s beside whatever this process runs, and reports what that cost. */
export async function measureIdle(): Promise<never> {
  const meter = await readyAndGo();
  await sleep(3000);
  return meter.finish(1, { rssMb: process.memoryUsage.rss() / 2 ** 20 });
}
