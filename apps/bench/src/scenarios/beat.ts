import type { CaseSettings } from "../harness/context.ts";
import type { Case, Metric, Scenario } from "../harness/scenario.ts";
import { cpuPer1000, idleCpu, peakRss, rate, readyMs, reported } from "./columns.ts";

const computing = (label: string, crontab: string, timeZone: string): Case => ({
  label,
  folder: "next-occurrence",
  broker: "none",
  counts: { q: 200_000, "cron-parser": 2000, croner: 5000, celery: 5000 },
  settings: { crontab, timeZone },
});

/** When a crontab comes next. */
export const nextOccurrence: Scenario = {
  name: "next-occurrence",
  about:
    "Occurrences of a crontab found in a row, each the next one after the last, through ten years again and again. " +
    "cron-parser keeps its place (its fastest way); croner and Q are given the last occurrence; Celery is asked for " +
    "the time that remains.",
  cases: [
    computing("every 15 minutes, UTC", "*/15 * * * *", "UTC"),
    computing("workdays at 7:30, Berlin", "30 7 * * 1-5", "Europe/Berlin"),
    computing("first of the month, New York", "0 4 1 * *", "America/New_York"),
  ],
  metric: { ...rate, header: "occurrences/s" },
  columns: [cpuPer1000, peakRss],
  rivals: ["cron-parser", "croner", "celery"],
};

const latency = (label: string, settings: CaseSettings, counts: Case["counts"]): Case => ({
  label,
  folder: "beat-latency",
  broker: "redis",
  counts,
  settings,
});

const p99: Metric = { ...reported("p99Ms", "p99 ms", 0), better: "lower" };
const RUNS = 20_000;

/** How late a run reaches the broker. */
export const beatLatency: Scenario = {
  name: "beat-latency",
  about:
    "10,000 entries, or 100, each due every 10 s, from due to accepted by Redis as the broker; after 10 s of warm-up. " +
    "Spread: one a millisecond, or every tenth of a second. Bursts: 200 more at each full second. Together: all 10,000 in the same millisecond. Q records every " +
    "run, before and after it is sent, in a schedule file or in Redis. raw: a timer and an LPUSH per entry, no record. " +
    "Celery is measured with 100 entries only: it compares all of its entries before each run, so that 10,000 come minutes late.",
  cases: [
    latency(
      "100 entries, file",
      { pattern: "spread", store: "file", entries: 100 },
      { raw: 200, q: 200, celery: 200 },
    ),
    latency("spread, file", { pattern: "spread", store: "file" }, { raw: RUNS, q: RUNS }),
    latency("spread, redis", { pattern: "spread", store: "redis" }, { q: RUNS }),
    latency("bursts, file", { pattern: "bursts", store: "file" }, { raw: RUNS, q: RUNS }),
    latency("bursts, redis", { pattern: "bursts", store: "redis" }, { q: RUNS }),
    latency("together, file", { pattern: "together", store: "file" }, { raw: RUNS, q: RUNS }),
    latency("together, redis", { pattern: "together", store: "redis" }, { q: RUNS }),
  ],
  metric: p99,
  columns: [reported("p50Ms", "p50 ms", 0), reported("maxMs", "max ms", 0), cpuPer1000, peakRss],
  rivals: ["raw", "celery"],
  maxRuns: 3,
};

/** A beat that has nothing to do. */
export const beatIdle: Scenario = {
  name: "beat-idle",
  about: "100,000 entries of which none is due: from starting the process to ready, then 3 s of idling.",
  cases: [
    { label: "file", folder: "beat-idle", broker: "redis", counts: { q: 100_000, celery: 100_000 } },
    {
      label: "redis",
      folder: "beat-idle",
      broker: "redis",
      counts: { q: 100_000 },
      settings: { store: "redis" },
    },
  ],
  metric: { ...idleCpu, better: "lower" },
  columns: [readyMs, reported("rssMb", "idle RSS MB", 0)],
  rivals: ["celery"],
};
