import type { CaseSettings } from "./context.ts";
import type { Sample } from "./sample.ts";

/** Who competes, and how tables call them. `raw` is the least that any client of the same broker must do. */
export const contenders = {
  raw: "raw",
  q: "Q",
  bullmq: "BullMQ",
  celery: "Celery",
  "cron-parser": "cron-parser",
  croner: "croner",
} as const;
/** One of the contenders. */
export type ContenderName = keyof typeof contenders;

/** One section of the results: cases that belong together, measured in turn. */
export interface Scenario {
  readonly name: string;
  /** What is measured, for the reader of the results. */
  readonly about: string;
  readonly cases: readonly Case[];
  /** The number that is compared; the table shows its median and range. */
  readonly metric: Metric;
  /** Further medians. */
  readonly columns: readonly Column[];
  /** With whom everybody is compared. Default raw and BullMQ. */
  readonly rivals?: readonly ContenderName[];
  /** Upper limit of rounds, for scenarios that take minutes. */
  readonly maxRuns?: number;
}

/** One task for all contenders. */
export interface Case {
  readonly label: string;
  /** Folder below `contenders/` with a file per contender. */
  readonly folder: string;
  readonly broker: "redis" | "amqp" | "sqlite" | "none";
  /** Who runs it, with how many tasks. */
  readonly counts: Readonly<Partial<Record<ContenderName, number>>>;
  /** Waiting protocol-2 messages at the start, unless the contender brings a `fill` file; "count" = as many as it drains. */
  readonly backlog?: number | "count";
  readonly settings?: CaseSettings;
  /** Added to each direction between contender and broker. */
  readonly delayMs?: number;
  /** Label of the case that this one is compared with, contender by contender. */
  readonly baseline?: string;
}

/** A number of a sample as a column of the table. */
export interface Column {
  readonly header: string;
  readonly digits: number;
  value(sample: Sample): number;
}

/** The compared number. */
export interface Metric extends Column {
  readonly better: "higher" | "lower";
}
