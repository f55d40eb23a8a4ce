import type { EntryJson } from "./entry.ts";
import { latestOccurrence } from "./schedule.ts";
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
  /** Past while no beat runs: it is due. `null` when it is paused or has ended. */
  readonly nextRunAt: Date | null;
}

/** Describes an entry; one that never ran counts from `now`. */
export function infoOf(one: BookEntry, now: number): EntryInfo {
  const { entry, stored, isEnabled, isStored } = one;
  const state = stored?.state ?? null;
  const next = isEnabled && runsLeft(one) > 0 ? entry.next(countedFrom(one, now)) : undefined;
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

/** Occurrences of an entry later than `now`, at most `count` and as many as it still runs. */
export function upcoming(one: BookEntry, { now, count }: { now: number; count: number }): Date[] {
  const { entry } = one;
  const since = countedFrom(one, now);
  const first = entry.next(since);
  let at = since;
  if (first !== undefined && first <= now)
    at =
      latestOccurrence(entry.schedule, { since: first, now, context: { timeZone: entry.timeZone } }) ?? first;
  const times: Date[] = [];
  while (times.length < Math.min(count, runsLeft(one))) {
    const next = entry.next(at);
    if (next === undefined) break;
    times.push(new Date(next));
    at = next;
  }
  return times;
}

function countedFrom({ entry, stored }: BookEntry, now: number): number {
  const state = stored?.state;
  return state?.identity === entry.identity ? state.since : now;
}

function runsLeft({ entry, stored }: BookEntry): number {
  const state = stored?.state;
  return state?.identity === entry.identity ? entry.maxRuns - state.totalRunCount : entry.maxRuns;
}
