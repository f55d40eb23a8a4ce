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
  /** How a pool of processes hands over its jobs. */
  readonly strategy?: "fair" | "default";
}

/** Name of the task in every message of the bench; it takes no arguments that matter and returns null. */
export const noopTask: string = "bench.noop";
