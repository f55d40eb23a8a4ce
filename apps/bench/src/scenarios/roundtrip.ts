import type { Metric, Scenario } from "../harness/scenario.ts";
import { cpuPer1000, peakRss, reported } from "./columns.ts";

const p50: Metric = { ...reported("p50Ms", "p50 ms", 3), better: "lower" };

/** From call to value. */
export const roundtrip: Scenario = {
  name: "roundtrip",
  about:
    "One call at a time, from the call to its result in the caller, worker in another process; CPU is the caller's. " +
    "redis raw: LPUSH, BRPOP worker, SETEX and PUBLISH, subscriber. BullMQ: add and waitUntilFinished. " +
    "amqp raw: publish, worker publishes to the reply queue. Celery: delay().get() with redis and rpc results.",
  cases: [
    {
      label: "redis",
      folder: "redis-roundtrip",
      broker: "redis",
      counts: { raw: 3000, q: 3000, bullmq: 3000, celery: 1000 },
    },
    {
      label: "amqp+rpc",
      folder: "amqp-roundtrip",
      broker: "amqp",
      counts: { raw: 3000, q: 3000, celery: 1000 },
    },
    { label: "sqlite", folder: "sqlite-roundtrip", broker: "sqlite", counts: { q: 3000 } },
  ],
  metric: p50,
  columns: [reported("p99Ms", "p99 ms", 3), cpuPer1000, peakRss],
};
