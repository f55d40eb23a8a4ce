import type { Metric, Scenario } from "../harness/scenario.ts";
import { idleCpu, readyMs, reported } from "./columns.ts";

const importMs: Metric = { ...reported("importMs", "import ms", 0), better: "lower" };

/** What a client pays before its first call. */
export const importTime: Scenario = {
  name: "import",
  about:
    "Time to import the library in a fresh process, and how many broker drivers that loaded " +
    "(Q: @q/core, which must load none; raw: ioredis itself).",
  cases: [
    { label: "import", folder: "import", broker: "none", counts: { raw: 1, q: 1, bullmq: 1, celery: 1 } },
  ],
  metric: importMs,
  columns: [reported("drivers", "drivers loaded", 0), reported("rssMb", "RSS MB", 0)],
};

/** A worker that has nothing to do. */
export const startup: Scenario = {
  name: "startup",
  about:
    "From starting the worker's process to ready, then 3 s of idling. Q: the command q worker -P async, with all that " +
    "it does by default (mingle, gossip, heartbeats), on SQLite and on Redis. raw: ioredis in a blocking pop.",
  cases: [
    {
      label: "redis",
      folder: "startup",
      broker: "redis",
      counts: { raw: 1, q: 1, bullmq: 1, celery: 1 },
    },
    { label: "sqlite", folder: "startup-sqlite", broker: "sqlite", counts: { q: 1 } },
  ],
  metric: { ...readyMs, better: "lower" },
  columns: [reported("rssMb", "idle RSS MB", 0), idleCpu],
};
