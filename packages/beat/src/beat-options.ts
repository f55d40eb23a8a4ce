import { type Clock, ImproperlyConfiguredError, type Logger, QError, refuseUnknownOptions } from "@q/kernel";
import type { BeatStore } from "./contracts.ts";
import type { EntryOptions } from "./entry.ts";
import type { BeatListeners } from "./listeners.ts";
import type { LastRun, Run, TaskSender } from "./run.ts";
import { Zone } from "./time/zone.ts";

/** Options of a `Beat`. One of `send` and `sender` is needed. */
export interface BeatOptions {
  /** Entries by name. */
  readonly entries?: Readonly<Record<string, EntryOptions>>;
  /** Called for every run; a promise is waited for, and a rejection is tried again. */
  readonly send?: (run: Run) => unknown;
  /** Sends runs as tasks instead; an app of `@q/core` is one. */
  readonly sender?: TaskSender;
  /**
   * Where the schedule is kept: a file name, a URL (`sqlite:///beat.db`, `redis://…`, `postgres://…`, `mysql://…`), or a
   * store of your own, which is yours to dispose. Default: nowhere; the schedule starts anew with the process.
   */
  readonly store?: BeatStore | string;
  /** Time zone of crontabs, an IANA name. Default `UTC`. */
  readonly timeZone?: string;
  /**
   * Name of the schedule: beats that are one have the same. It goes into task ids, and schedules of different names may be
   * in one database. Default `beat`.
   */
  readonly scope?: string;
  /** Milliseconds after which it looks at the clock even when nothing is due. Default 300,000. */
  readonly maxIntervalMs?: number;
  /** Celery's `beat_cron_starting_deadline`, seconds: crontabs missed for longer are not sent. Default no limit. */
  readonly cronStartingDeadline?: number | undefined;
  /** Celery's `beat_sync_every`: runs after which a schedule file waits for the disk. Default 0: every 180 seconds. */
  readonly syncEvery?: number;
  /**
   * Milliseconds after which another beat may take over from one that is silent; at most 60,000. Beats that are one may
   * have different ones. Default 3000.
   */
  readonly leaseMs?: number;
  /**
   * Whether a run has not ended; for entries with `overlap: "skip"`. After five seconds without an answer it counts as
   * ended. Default: it lasts while `send` does.
   */
  readonly isRunning?: (run: LastRun) => unknown;
  readonly on?: BeatListeners;
  /** Default: silent. */
  readonly logger?: Logger;
  readonly clock?: Clock;
}

/** All of them: one that is forgotten here does not compile. */
const KNOWN: Readonly<Record<keyof BeatOptions, true>> = {
  entries: true,
  send: true,
  sender: true,
  store: true,
  timeZone: true,
  scope: true,
  maxIntervalMs: true,
  cronStartingDeadline: true,
  syncEvery: true,
  leaseMs: true,
  isRunning: true,
  on: true,
  logger: true,
  clock: true,
};

/** A store takes a lease that ends later than this for one of a clock that was put back since, and gives it to another. */
const MAX_LEASE_MS = 60_000;

/** @throws {ImproperlyConfiguredError} that names the option */
export function checkOptions(options: BeatOptions): void {
  const fail = (what: string, cause?: unknown): never => {
    throw new ImproperlyConfiguredError(what, { cause });
  };
  const { send, sender, entries = {}, timeZone, maxIntervalMs = 1, leaseMs = 1 } = options ?? {};
  refuseUnknownOptions("a beat", options ?? {}, KNOWN);
  if ((send === undefined) === (sender === undefined)) fail('a beat needs one of "send" and "sender"');
  const canSend = sender === undefined ? typeof send === "function" : typeof sender?.sendTask === "function";
  if (!canSend) fail('"send" is a function, and "sender" has a function sendTask');
  if (typeof entries !== "object" || entries === null || Array.isArray(entries))
    fail('"entries" is an object: entries by name');
  if (!(maxIntervalMs > 0)) fail('"maxIntervalMs" is a positive number');
  if (!(leaseMs > 0 && leaseMs <= MAX_LEASE_MS))
    fail(`"leaseMs" is a positive number of at most ${MAX_LEASE_MS}`);
  try {
    if (timeZone !== undefined) Zone.of(timeZone);
  } catch (error) {
    if (!QError.is(error)) throw error;
    fail(error.message, error);
  }
}
