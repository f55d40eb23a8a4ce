import type { MessagePort } from "node:worker_threads";

/** What a thread of piscina is given: one task that lasts as long as the thread. */
export interface ThreadTask {
  readonly port: MessagePort;
  /** Memory of the executor and its pool. */
  readonly memory: SharedArrayBuffer;
  /** Lines of output go to the pool, not to the output of the process. */
  readonly pipesOutput: boolean;
}

/** What travels over the port: parts of a frame, the head first; or, first of all, the id of the thread. */
export type ThreadMessage = readonly Uint8Array[] | number;

/** Has a thread end by itself. */
export const EXIT = "exit";

/** What a thread is sent over the port: parts of a frame, the head first. */
export type MessageToThread = readonly Uint8Array[] | typeof EXIT;
