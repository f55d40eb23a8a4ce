/** Lines that a contender's process writes on stdout, one JSON object each; other lines are ignored. */
export type ChildLine = ReadyLine | DoneLine;

/** The process is connected and warm enough; it starts when it reads a line from stdin. */
export interface ReadyLine {
  readonly ready: true;
}

/** The measured part is over. Times count from the line on stdin. */
export interface DoneLine {
  readonly done: true;
  readonly seconds: number;
  /** User and system time of the process (and its children) in the measured part. */
  readonly cpuMs: number;
  /** Peak resident memory of the process, in MB of 2^20 bytes. */
  readonly rssMb: number;
  readonly count: number;
  /** Anything else worth a column, for example `p50Ms`. */
  readonly metrics?: Readonly<Record<string, number>>;
}
