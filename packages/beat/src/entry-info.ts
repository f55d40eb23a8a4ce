import type { EntryJson } from "./entry.ts";
import type { BookEntry } from "./schedule-book.ts";

/** What can be told of an entry. */
export interface EntryInfo {
  readonly name: string;
  readonly task: string;
  /** The schedule as text. */
  readonly schedule: string;
  readonly isEnabled: boolean;
  /** Added or changed at run time. */
  readonly isStored: boolean;
  /** Its form in the store, when it is there. */
  readonly definition: EntryJson | null;
  readonly lastRunAt: Date | null;
  readonly totalRunCount: number;
  /** `null` when it is paused or has ended. */
  readonly nextRunAt: Date | null;
}

/** Describes an entry; one that never ran counts from `now`. */
export function infoOf({ entry, stored, isEnabled, isStored }: BookEntry, now: number): EntryInfo {
  const state = stored?.state ?? null;
  const since = state?.identity === entry.identity ? state.since : now;
  const hasEnded = (state?.totalRunCount ?? 0) >= entry.maxRuns;
  const next = isEnabled && !hasEnded ? entry.next(since) : undefined;
  return {
    name: entry.name,
    task: entry.task,
    schedule: entry.schedule.toString(),
    isEnabled,
    isStored,
    definition: stored?.definition ?? null,
    lastRunAt: state === null || state.lastRunAt === null ? null : new Date(state.lastRunAt),
    totalRunCount: state?.totalRunCount ?? 0,
    nextRunAt: next === undefined ? null : new Date(next),
  };
}
