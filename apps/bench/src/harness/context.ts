/** Everything a contender's process is told about its run; it travels as JSON in `Q_BENCH_CONTEXT`. */
export interface BenchContext {
  /** Tasks to enqueue, drain or call before reporting `done`. */
  readonly count: number;
  /** Unique per run; the harness deletes it afterwards. */
  readonly queue: string;
  readonly redisUrl: string;
  readonly amqpUrl: string;
  /** A database file in an empty directory of its own. */
  readonly sqlitePath: string;
  readonly settings: CaseSettings;
}

/** What one case of a scenario asks of its contenders. Each contender reads only what concerns it. */
export interface CaseSettings {
  /** Drain: the worker stores a result per task. */
  readonly storeResults?: boolean;
  /** Tell monitors of every task. */
  readonly taskEvents?: boolean;
  /** Enqueue: single calls awaited by `window` concurrent loops, or the client's own bulk call. */
  readonly mode?: "concurrent" | "bulk";
  /** Enqueue: unconfirmed publishes or awaited calls in flight. Drain: claims in flight (raw only). */
  readonly window?: number;
  /** Tasks per hundred others that kill their process. */
  readonly poisonPercent?: number;
  /** Crontab whose occurrences are looked for, and its zone. */
  readonly crontab?: string;
  readonly timeZone?: string;
  /** Beat: how many entries there are; default 10,000. */
  readonly entries?: number;
  /** Beat: when in a period they are due. */
  readonly pattern?: "spread" | "bursts" | "together";
  /** Beat: where the schedule is kept; default a file. */
  readonly store?: "file" | "redis";
  /** Pools: what jobs are handed to, and whether one after the other or many at once. */
  readonly executors?: "processes" | "threads";
  readonly batches?: boolean;
  /** Processes of a worker. */
  readonly processes?: number;
  /** A pool without a worker. */
  readonly isBare?: boolean;
  /** Bytes of a job's payload. */
  readonly payloadBytes?: number;
  /** Messages that a worker holds per child process. */
  readonly prefetchMultiplier?: number;
}

/** Name of the task in every message of the bench; it takes no arguments that matter and returns null. */
export const noopTask: string = "bench.noop";
