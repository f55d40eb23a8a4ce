import type { Case, Scenario } from "../harness/scenario.ts";
import { cpuPer1000, peakRss, rate, reported } from "./columns.ts";

const single = { raw: 50_000, q: 50_000 };
const one = { raw: 1, q: 1 };
const batched = { raw: 200_000, q: 200_000 };

const handoff = (executors: "processes" | "threads"): readonly Case[] => [
  {
    label: `${executors}, one at a time`,
    folder: "pool-handoff",
    broker: "none",
    counts: single,
    settings: { executors },
  },
  {
    label: `${executors}, in batches`,
    folder: "pool-handoff",
    broker: "none",
    counts: batched,
    settings: { executors, batches: true },
  },
];

/** What it costs to give a large job to a process. */
export const poolLarge: Scenario = {
  name: "pool-large",
  about:
    "Jobs with a Buffer of 1 MB, handed to four processes, one under way for each; CPU is that of the caller. " +
    "raw: child_process.fork with advanced serialization.",
  cases: [
    {
      label: "1 MB",
      folder: "pool-handoff",
      broker: "none",
      counts: { raw: 2000, q: 2000 },
      settings: { executors: "processes", payloadBytes: 1_000_000 },
    },
  ],
  metric: rate,
  columns: [cpuPer1000, peakRss],
};

/** What a child process costs before its first job. */
export const executorStart: Scenario = {
  name: "executor-start",
  about:
    "From starting one child process until it takes jobs, and its memory after a second of idling: resident (with the " +
    "35 to 40 MB of Node's program, which all its processes share), proportional, and its own. " +
    "raw: child_process.fork of a module that imports nothing. " +
    "Pool: a no-op executor. Worker: an app with a task on Redis, without and with Redis for results. The goals are 250 ms and 60 MB.",
  cases: [
    { label: "pool", folder: "executor-start", broker: "none", counts: one, settings: { isBare: true } },
    { label: "worker", folder: "executor-start", broker: "redis", counts: { q: 1 } },
    {
      label: "worker, results",
      folder: "executor-start",
      broker: "redis",
      counts: { q: 1 },
      settings: { storeResults: true },
    },
  ],
  metric: { ...reported("startMs", "start ms", 0), better: "lower" },
  columns: [
    reported("childRssMb", "idle child RSS MB", 0),
    reported("childPssMb", "idle child PSS MB", 0),
    reported("childOwnMb", "of its own MB", 0),
  ],
};

/** What it costs to give a job to a process or thread and to hear of its end. */
export const poolHandoff: Scenario = {
  name: "pool-handoff",
  about:
    "No-op jobs of 300 bytes, handed to four processes or threads; CPU is that of the caller, with threads of all of them. " +
    "One at a time: one job under way per executor. In batches: as many as the pool takes. " +
    "raw: child_process.fork with advanced serialization, and worker_threads; arrays of 50 jobs in a message. " +
    "It knows nothing of limits, losses or which job has begun.",
  cases: [...handoff("processes"), ...handoff("threads")],
  metric: rate,
  columns: [cpuPer1000, peakRss],
};
