import type { Metric, Scenario } from "../harness/scenario.ts";
import { peakRss, reported } from "./columns.ts";

const p50: Metric = { ...reported("p50Ms", "p50 ms", 1), better: "lower" };

/** Workflows from call to value. */
export const canvas: Scenario = {
  name: "canvas",
  about:
    "One workflow at a time, from the call to its result in the caller, worker in another process: a chord of 1000 " +
    "no-op tasks and a body, one of 30 such chords of 30, a group of 1000 and its results, a chain of 100. BullMQ: a flow " +
    "of 1000 children, one of 30 flows of 30.",
  cases: [
    {
      label: "chord of 1000",
      folder: "redis-chord",
      broker: "redis",
      counts: { q: 10, bullmq: 10, celery: 3 },
    },
    {
      label: "chord of 30 chords of 30",
      folder: "redis-nested",
      broker: "redis",
      counts: { q: 10, bullmq: 10, celery: 3 },
    },
    { label: "group of 1000", folder: "redis-group", broker: "redis", counts: { q: 10, celery: 3 } },
    { label: "chain of 100", folder: "redis-chain", broker: "redis", counts: { q: 10, celery: 3 } },
  ],
  metric: p50,
  columns: [reported("p99Ms", "p99 ms", 1), peakRss],
};
