/*
 * What a pool asks the watchdog of a child process: one JSON object per line, over a pipe of its own, which works while
 * the event loop of the child is blocked.
 */

/** What can be asked. */
export type WatchdogQuestion =
  { readonly ask: "stack" } | { readonly ask: "inspect"; readonly host: string; readonly port: number };

/** A question on its way; answers may come in any order. */
export type WatchdogRequest = WatchdogQuestion & { readonly id: number };

export interface WatchdogReply {
  readonly id: number;
  readonly answer?: string;
  readonly error?: string;
}

/** File descriptors of the child's end of its channels. */
export const CHANNEL_FD = 3;
export const WATCHDOG_FD = 4;
export const JOURNAL_FD = 5;

/** What the main thread of a child gives its watchdog. */
export interface WatchdogData {
  readonly poolPid: number;
  /** Milliseconds that the child has to end by itself when its pool is gone. */
  readonly graceMs: number;
  /** Shared: 1 while the watchdog has an inspector session with the main thread, else 0. */
  readonly isInspected: Int32Array<SharedArrayBuffer>;
}
