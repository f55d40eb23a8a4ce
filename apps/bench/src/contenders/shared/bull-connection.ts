import type { BenchContext } from "../../harness/context.ts";

/** BullMQ's connection options for the Redis of this run. */
export function bullConnection(context: BenchContext): BullConnection {
  const url = new URL(context.redisUrl);
  return { host: url.hostname, port: Number(url.port), maxRetriesPerRequest: null };
}

/** See {@link bullConnection}. */
export interface BullConnection {
  readonly host: string;
  readonly port: number;
  /** BullMQ's workers insist on null. */
  readonly maxRetriesPerRequest: null;
}
