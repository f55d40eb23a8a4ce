import { readContext, readyAndGo } from "../../harness/contender.ts";

/** Ten years, which every contender walks through again and again: some have none of 2100. */
const START = Date.parse("2026-01-01T00:00:00Z");
const END = Date.parse("2036-01-01T00:00:00Z");
const WARM_UP = 1000;

/** The occurrences of a crontab: each call finds the one after `after`, which is what was found last, or the start. */
export type OccurrenceFinder = (crontab: string, timeZone: string) => (after: number) => number;

/** Measures how many occurrences in a row are found; going on from the last, so that the result is consumed. */
export async function measureOccurrences(finder: OccurrenceFinder): Promise<never> {
  const { count, settings } = readContext();
  const { crontab = "* * * * *", timeZone = "UTC" } = settings;
  const next = finder(crontab, timeZone);
  const walk = (steps: number): number => {
    let at = START;
    for (let step = 0; step < steps; step++) {
      at = next(at);
      if (at >= END) at = START;
    }
    return at;
  };
  walk(WARM_UP);
  const meter = await readyAndGo();
  const last = walk(count);
  return meter.finish(count, { lastAt: last });
}
