import { readContext, type Meter } from "../../harness/contender.ts";
import { percentile } from "../../harness/statistics.ts";

const { entries = 10_000, pattern } = readContext().settings;

/** Entries of the case, each due every period. */
export const ENTRIES: number = entries;
export const PERIOD_MS = 10_000;

/** When in a period an entry is due, by the case: evenly spread; 200 more of each 1000 at the full second; all at once. */
export function offsetOf(index: number): number {
  if (pattern === "together") return 0;
  if (pattern === "bursts" && index % 5 === 0) return Math.floor(index / 1000) * 1000;
  return (index * PERIOD_MS) / ENTRIES;
}

/** Collects how late each run is; the runs of the first period warm up. Ends the process after `count` more. */
export class Lateness {
  readonly #meter: Meter;
  readonly #count: number;
  readonly #late: number[] = [];
  #seen = 0;

  constructor(meter: Meter, count: number) {
    this.#meter = meter;
    this.#count = count;
  }

  /** A run has reached the broker that was due at `dueAt`, milliseconds since 1970. */
  add(dueAt: number): void {
    if (++this.#seen <= ENTRIES) return;
    if (this.#late.push(Date.now() - dueAt) < this.#count) return;
    const at = (share: number): number => percentile(this.#late, share);
    this.#meter.finish(this.#seen, { p50Ms: at(0.5), p99Ms: at(0.99), maxMs: at(1) });
  }
}
