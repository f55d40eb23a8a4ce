import type { Case, Scenario } from "../harness/scenario.ts";
import { cpuPer1000, peakRss, rate, reported } from "./columns.ts";

const counts: Case["counts"] = {
  raw: 50_000,
  q: 50_000,
  bullmq: 50_000,
  celery: 5000,
};
const amqpCounts: Case["counts"] = { raw: 50_000, q: 50_000, celery: 10_000 };
const columns = [cpuPer1000, peakRss];

/** A worker against a full Redis queue. */
export const redisDrain: Scenario = {
  name: "redis-drain",
  about:
    "One worker process drains a pre-filled Redis queue of no-op JSON tasks, results ignored. " +
    "raw: Lua claim of 100 into kombu's unacked keys, decode, async no-op, batched ack. " +
    "BullMQ: concurrency 100, removeOnComplete. Celery: solo pool (prefork with one child: within 5 % of it in a single trial, at more CPU).",
  cases: [{ label: "drain", folder: "redis-drain", broker: "redis", counts, backlog: "count" }],
  metric: rate,
  columns,
};

/** What it costs to tell monitors of every task. */
export const redisDrainEvents: Scenario = {
  name: "redis-drain-events",
  about:
    "redis-drain with and without task events (q worker -E: received, started, succeeded), compared with itself; " +
    "nobody listens. Heartbeats are on in both.",
  cases: [
    { label: "no events", folder: "redis-drain", broker: "redis", counts: { q: 50_000 }, backlog: "count" },
    {
      label: "events",
      folder: "redis-drain",
      broker: "redis",
      counts: { q: 50_000 },
      backlog: "count",
      settings: { taskEvents: true },
      baseline: "no events",
    },
  ],
  metric: rate,
  columns,
};

/** The same with results. */
export const redisDrainResults: Scenario = {
  name: "redis-drain-results",
  about:
    "As redis-drain, with a result stored per task. raw and Celery: SETEX and PUBLISH of Celery's JSON. " +
    "BullMQ: completed jobs are kept.",
  cases: [
    {
      label: "drain",
      folder: "redis-drain",
      broker: "redis",
      counts: { ...counts, celery: 2000 },
      backlog: "count",
      settings: { storeResults: true },
    },
  ],
  metric: rate,
  columns,
};

/** A worker against a full RabbitMQ queue. */
export const amqpDrain: Scenario = {
  name: "amqp-drain",
  about:
    "One worker process drains a pre-filled durable RabbitMQ queue of no-op JSON tasks, results ignored. " +
    "raw: amqplib, prefetch 1000, decode, async no-op, grouped acks. Celery: solo pool (twice as fast as prefork with one child in a single trial), prefetch 1000.",
  cases: [{ label: "drain", folder: "amqp-drain", broker: "amqp", counts: amqpCounts, backlog: "count" }],
  metric: rate,
  columns,
};

const nodeCounts: Case["counts"] = { raw: 50_000, q: 50_000, bullmq: 50_000 };
// The raw loop needs more claims under way to keep a slow wire busy; also in the baseline, to compare like with like.
const overSlowWire = { window: 4 };

/** Drains over a slow wire. */
export const delay2ms: Scenario = {
  name: "delay2ms",
  about:
    "The drains through a proxy that adds 1 ms to each direction between worker and broker. " +
    "The baseline case is the same without proxy. raw on Redis: four claims in flight in both.",
  cases: [
    {
      label: "redis direct",
      folder: "redis-drain",
      broker: "redis",
      counts: nodeCounts,
      backlog: "count",
      settings: overSlowWire,
    },
    {
      label: "redis +2 ms",
      folder: "redis-drain",
      broker: "redis",
      counts: nodeCounts,
      backlog: "count",
      delayMs: 1,
      settings: overSlowWire,
      baseline: "redis direct",
    },
    {
      label: "amqp direct",
      folder: "amqp-drain",
      broker: "amqp",
      counts: { raw: 50_000, q: 50_000 },
      backlog: "count",
    },
    {
      label: "amqp +2 ms",
      folder: "amqp-drain",
      broker: "amqp",
      counts: { raw: 50_000, q: 50_000 },
      backlog: "count",
      delayMs: 1,
      baseline: "amqp direct",
    },
  ],
  metric: rate,
  columns,
};

const tenThousand: Case["counts"] = { raw: 10_000, q: 10_000, bullmq: 10_000 };
const million: Case["counts"] = { raw: 1_000_000, q: 1_000_000 };

/** Does a deep queue cost more per task? */
export const redisBacklog: Scenario = {
  name: "redis-backlog",
  about:
    "redis-drain with many tasks waiting: the first 10,000 tasks of a queue of 10,000 and of 1,000,000 " +
    "(so that both include the same warm-up), then all of 1,000,000.",
  cases: [
    { label: "10k of 10k", folder: "redis-drain", broker: "redis", counts: tenThousand, backlog: 10_000 },
    {
      label: "10k of 1M",
      folder: "redis-drain",
      broker: "redis",
      counts: tenThousand,
      backlog: 1_000_000,
      baseline: "10k of 10k",
    },
    { label: "1M of 1M", folder: "redis-drain", broker: "redis", counts: million, backlog: 1_000_000 },
  ],
  metric: rate,
  columns,
  maxRuns: 3,
};

const preforkCounts: Case["counts"] = { q: 50_000, bullmq: 20_000, celery: 5000 };

/** Tasks in child processes. */
export const preforkDrain: Scenario = {
  name: "prefork-drain",
  about:
    "As redis-drain, with four child processes that run the tasks. The clocks start when the children of Q and Celery are up; " +
    "those of BullMQ (a sandboxed processor, concurrency 4) start with its first jobs. " +
    "CPU of Q and BullMQ is that of the parent alone, of Celery with its children. " +
    "Q holds as many messages as it does by default, or 25 or one per child; Celery holds 1000.",
  cases: [
    { label: "default", folder: "prefork-drain", broker: "redis", counts: preforkCounts, backlog: "count" },
    {
      label: "25 held",
      folder: "prefork-drain",
      broker: "redis",
      counts: { q: 50_000 },
      backlog: "count",
      settings: { prefetchMultiplier: 25 },
    },
    {
      label: "1 held",
      folder: "prefork-drain",
      broker: "redis",
      counts: { q: 20_000 },
      backlog: "count",
      settings: { prefetchMultiplier: 1 },
    },
  ],
  metric: rate,
  columns,
};

/** Tasks that kill their process, among others. */
export const preforkPoison: Scenario = {
  name: "prefork-poison",
  about:
    "Four child processes run tasks that wait for 100 ms, until all have ended: alone, and with a task among " +
    "every hundred that kills its process each of the three times that it may. Counted are the others. Compared with itself.",
  cases: [
    { label: "good", folder: "prefork-poison", broker: "redis", counts: { q: 600 }, backlog: "count" },
    {
      label: "1 % poison",
      folder: "prefork-poison",
      broker: "redis",
      counts: { q: 600 },
      backlog: "count",
      settings: { poisonPercent: 1 },
      baseline: "good",
    },
  ],
  metric: rate,
  columns: [cpuPer1000, reported("lostProcesses", "lost processes", 0)],
};

const cpuCase = (processes: number): Case => ({
  label: processes === 1 ? "1 process" : `${processes} processes`,
  folder: "prefork-cpu",
  broker: "redis",
  counts: { raw: 250 * processes, q: 250 * processes },
  backlog: "count",
  settings: { processes },
  ...(processes > 1 && { baseline: "1 process" }),
});

/** Does work for the CPU scale with the cores? */
export const preforkCpu: Scenario = {
  name: "prefork-cpu",
  about:
    "Tasks that hash for 10 ms, in one, two and four child processes of a worker with its default prefetch. " +
    "raw: as many processes that hash in a loop, which is what these cores can do. " +
    "CPU is that of the parent alone.",
  cases: [cpuCase(1), cpuCase(2), cpuCase(4)],
  metric: rate,
  columns: [cpuPer1000],
};
