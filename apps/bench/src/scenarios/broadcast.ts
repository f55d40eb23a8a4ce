import type { Metric, Scenario } from "../harness/scenario.ts";
import { cpuPer1000, peakRss, reported } from "./columns.ts";

const p95: Metric = { ...reported("p95Ms", "p95 ms", 1), better: "lower" };

/** A question to every worker. */
export const broadcast: Scenario = {
  name: "broadcast",
  about:
    "A ping of 50 idle workers, each a process of its own, from the call to the last answer, one at a time; CPU is the " +
    "caller's. Q asks workers of Q, Celery those of Celery. The goal is a p95 below 200 ms.",
  cases: [
    { label: "redis", folder: "redis-broadcast", broker: "redis", counts: { q: 200, celery: 200 } },
    { label: "amqp", folder: "amqp-broadcast", broker: "amqp", counts: { q: 200, celery: 200 } },
  ],
  metric: p95,
  columns: [reported("p50Ms", "p50 ms", 1), reported("maxMs", "max ms", 1), cpuPer1000, peakRss],
  maxRuns: 3,
};
