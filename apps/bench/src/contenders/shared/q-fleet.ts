import { fork } from "node:child_process";
import { once } from "node:events";
import { readContext, readyAndGo } from "../../harness/contender.ts";
import { percentile } from "../../harness/statistics.ts";
import { benchApp } from "./q-app.ts";

/** Workers of a fleet, each a process of its own. */
export const FLEET_SIZE = 50;
/** Processes that start at the same time: more would only wait for each other. */
const STARTING_AT_ONCE = 8;
const WARM_UP_CALLS = 20;

/** Resolves when every worker of the fleet listens. They end with this process's group. */
export async function startFleet(broker: string): Promise<void> {
  let next = 0;
  const startNext = async (): Promise<void> => {
    while (next < FLEET_SIZE) {
      const child = fork(new URL("q-fleet-worker.js", import.meta.url), [broker, `w${next++}@bench`]);
      await once(child, "message");
    }
  };
  await Promise.all(Array.from({ length: STARTING_AT_ONCE }, startNext));
}

/** Measures a ping of the whole fleet, from the call to the last answer, one at a time. */
export async function measureBroadcasts(broker: string): Promise<never> {
  const { count, queue } = readContext();
  const { app } = benchApp({ queue, broker });
  const ask = async (): Promise<void> => {
    const { length } = await app.control.ping({ limit: FLEET_SIZE, timeout: 10 });
    if (length !== FLEET_SIZE) throw new Error(`${length} of ${FLEET_SIZE} workers answered`);
  };
  for (let call = 0; call < WARM_UP_CALLS; call++) await ask();
  const meter = await readyAndGo();
  const latencies: number[] = [];
  for (let call = 0; call < count; call++) {
    const startMs = performance.now();
    await ask();
    latencies.push(performance.now() - startMs);
  }
  const [p50Ms = NaN, p95Ms = NaN] = [0.5, 0.95].map((share) => percentile(latencies, share));
  return meter.finish(count, { p50Ms, p95Ms, maxMs: Math.max(...latencies) });
}
