import type { DoneLine } from "./child-protocol.ts";

/** One measured run of one contender. */
export interface Sample extends DoneLine {
  /** From starting the process to its `ready`. */
  readonly readyMs: number;
  /** Growth of Redis' used memory in the measured part; 0 without Redis. */
  readonly redisBytes: number;
}
