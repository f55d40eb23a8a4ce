import { readyAndGo } from "../../harness/contender.ts";
import { countLoadedDrivers } from "./loaded-drivers.ts";

/** Measures an `import()` in this fresh process and ends it. */
export async function measureImport(load: () => Promise<unknown>): Promise<never> {
  const startMs = performance.now();
  await load();
  const importMs = performance.now() - startMs;
  const rssMb = process.memoryUsage.rss() / 2 ** 20;
  const meter = await readyAndGo();
  return meter.finish(1, { importMs, rssMb, drivers: countLoadedDrivers() });
}
