import { readContext, readyAndGo } from "../../harness/contender.ts";
import { percentile } from "../../harness/statistics.ts";

/** By then V8 has compiled what a task needs, on both sides. */
const WARM_UP_CALLS = 2000;

/** Measures a call that resolves with its task's result, one at a time, and ends the process. */
export async function measureRoundtrips(
  call: () => Promise<unknown>,
  { warmUpCalls = WARM_UP_CALLS }: { readonly warmUpCalls?: number } = {},
): Promise<never> {
  const { count } = readContext();
  for (let i = 0; i < warmUpCalls; i++) await call();
  const meter = await readyAndGo();
  const latencies: number[] = [];
  for (let i = 0; i < count; i++) {
    const startMs = performance.now();
    await call();
    latencies.push(performance.now() - startMs);
  }
  return meter.finish(count, { p50Ms: percentile(latencies, 0.5), p99Ms: percentile(latencies, 0.99) });
}
