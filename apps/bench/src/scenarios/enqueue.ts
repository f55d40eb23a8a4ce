import type { Case, Scenario } from "../harness/scenario.ts";
import { cpuPer1000, peakRss, rate } from "./columns.ts";

const counts: Case["counts"] = {
  raw: 50_000,
  q: 50_000,
  bullmq: 50_000,
  celery: 5000,
};
const amqpCounts: Case["counts"] = { raw: 20_000, q: 20_000, celery: 1500 };
const nodeOnly: Case["counts"] = { raw: 100_000, q: 100_000, bullmq: 100_000 };
const columns = [cpuPer1000, peakRss];

/** A client filling a Redis queue. */
export const redisEnqueue: Scenario = {
  name: "redis-enqueue",
  about:
    "One client enqueues no-op tasks on Redis; CPU is the caller's. " +
    "100 awaits: 100 loops that await each call (raw: full protocol-2 envelope, LPUSH coalesced per tick; " +
    "BullMQ: add; Celery: one loop of delay). Bulk: raw: LPUSH of 1000; BullMQ: addBulk of 1000.",
  cases: [
    {
      label: "100 awaits",
      folder: "redis-enqueue",
      broker: "redis",
      counts,
      settings: { mode: "concurrent", window: 100 },
    },
    {
      label: "bulk",
      folder: "redis-enqueue",
      broker: "redis",
      counts: nodeOnly,
      settings: { mode: "bulk", window: 1000 },
    },
  ],
  metric: rate,
  columns,
};

/** A client filling a RabbitMQ queue safely. */
export const amqpEnqueue: Scenario = {
  name: "amqp-enqueue",
  about:
    "One client publishes persistent no-op tasks to RabbitMQ with publisher confirms; CPU is the caller's. " +
    "raw and Q: a window of 100 or 1000 unconfirmed messages; Celery: confirm_publish, one at a time.",
  cases: [
    {
      label: "window 100",
      folder: "amqp-enqueue",
      broker: "amqp",
      counts: amqpCounts,
      settings: { window: 100 },
    },
    {
      label: "window 1000",
      folder: "amqp-enqueue",
      broker: "amqp",
      counts: { raw: 20_000, q: 20_000 },
      settings: { window: 1000 },
    },
  ],
  metric: rate,
  columns,
};

/** What a waiting task costs the server. */
export const redisMemory: Scenario = {
  name: "redis-memory",
  about: "Growth of Redis' used memory per waiting no-op task, each contender's own message.",
  cases: [
    {
      label: "waiting",
      folder: "redis-enqueue",
      broker: "redis",
      counts: { raw: 20_000, q: 20_000, bullmq: 20_000, celery: 2000 },
      settings: { mode: "concurrent", window: 100 },
    },
  ],
  metric: {
    header: "bytes per task",
    digits: 0,
    better: "lower",
    value: (sample) => sample.redisBytes / sample.count,
  },
  columns: [],
  maxRuns: 3,
};
