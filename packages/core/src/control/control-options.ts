import type { NodeReply } from "@q/messaging";

/** Which workers a command is meant for, and how long answers are waited for. */
export interface ControlOptions {
  /** Node names, or one. Default every worker. */
  readonly destination?: string | readonly string[] | undefined;
  /** Matched against node names, when there is no `destination`. Goes with `matcher`. */
  readonly pattern?: string | undefined;
  /** `glob` as in shells, or `pcre`; for `pattern`. */
  readonly matcher?: "glob" | "pcre" | undefined;
  /** Wait for answers. Default false. */
  readonly reply?: boolean | undefined;
  /** Seconds without an answer after which the wait is over. Default 1. */
  readonly timeout?: number | undefined;
  /** Answers after which the wait is over. Default the number of destinations, without destinations no limit. */
  readonly limit?: number | undefined;
  /** Called for each answer as it comes. */
  readonly callback?: ((reply: NodeReply) => void) | undefined;
  /** Ends the wait with the answers that have come. */
  readonly signal?: AbortSignal | undefined;
}

/** Options of `broadcast`. */
export interface BroadcastOptions extends ControlOptions {
  /** Arguments of the command by name. */
  readonly arguments?: Readonly<Record<string, unknown>> | undefined;
}
