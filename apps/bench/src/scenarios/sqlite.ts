import type { Case, Scenario } from "../harness/scenario.ts";
import { cpuPer1000, peakRss, rate } from "./columns.ts";

const counts: Case["counts"] = { raw: 50_000, q: 50_000 };

/** The embedded broker, writing. */
export const sqliteEnqueue: Scenario = {
  name: "sqlite-enqueue",
  about:
    "One process enqueues no-op tasks into a SQLite file (WAL), 100 calls awaited at a time. " +
    "raw: libsql, 100 inserts per transaction. BullMQ and Celery have no counterpart.",
  cases: [
    { label: "enqueue", folder: "sqlite-enqueue", broker: "sqlite", counts, settings: { window: 100 } },
  ],
  metric: rate,
  columns: [cpuPer1000, peakRss],
};

/** The embedded broker, reading. */
export const sqliteDrain: Scenario = {
  name: "sqlite-drain",
  about:
    "A worker process drains a SQLite file (WAL) that another process filled. " +
    "raw: libsql, claim of 100 into an unacked table, decode, async no-op, delete of the 100.",
  cases: [{ label: "drain", folder: "sqlite-drain", broker: "sqlite", counts, backlog: "count" }],
  metric: rate,
  columns: [cpuPer1000, peakRss],
};
