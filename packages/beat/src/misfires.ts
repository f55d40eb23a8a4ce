import type { Entry } from "./entry.ts";
import { latestOccurrence } from "./schedule.ts";

/** Occurrences that are at most this late are on time: a store or a hand-over takes a moment. */
const ON_TIME_MS = 10_000;
/** Occurrences looked at one by one; of more, only the latest. */
const MAX_WALK = 10_000;
/** Occurrences that the policy `all` sends at once at most. */
const MAX_CATCH_UP = 1000;

/** Occurrences that are not sent. */
export interface Missed {
  readonly count: number;
  /** There were more than `count`. */
  readonly isMore: boolean;
  readonly from: number;
  readonly to: number;
}

/** What is to be done about the occurrences that have come. */
export interface Plan {
  /** Occurrences to send, the earliest first. */
  readonly runs: readonly number[];
  readonly missed: Missed | undefined;
  /** Everything up to this time is decided. */
  readonly since: number;
}

/** Where an entry stands when something is due. */
export interface Moment {
  readonly since: number;
  readonly now: number;
  /** Runs that it may still have. */
  readonly left: number;
  /** How much later than its time an occurrence is sent. */
  readonly jitterOf: (at: number) => number;
}

/** Decides which of the occurrences in `(since, now]` are sent: the latest, all, or none, by the entry's policy. */
export function planRuns(entry: Entry, moment: Moment): Plan {
  const { since, now, left } = moment;
  const { occurrences, isMore, latest } = comeUntil(entry, moment);
  if (latest === undefined) return { runs: [], missed: undefined, since };
  const inWindow = occurrences.filter((at) => now - at <= Math.max(entry.misfireWindowMs, entry.jitterMs));
  const chosen = choose(entry, inWindow, now).slice(0, left);
  const dropped = occurrences.length - chosen.length;
  const sent = new Set(chosen);
  const missed = occurrences.filter((at) => !sent.has(at));
  return {
    runs: chosen,
    since: latest,
    missed:
      dropped === 0 && !isMore
        ? undefined
        : { count: dropped, isMore, from: missed[0] ?? latest, to: missed.at(-1) ?? latest },
  };
}

function choose(
  { misfire, jitterMs }: Entry,
  occurrences: readonly number[],
  now: number,
): readonly number[] {
  if (misfire === "all") return occurrences.slice(-MAX_CATCH_UP);
  const latest = occurrences.slice(-1);
  return misfire === "once" ? latest : latest.filter((at) => now - at <= ON_TIME_MS + jitterMs);
}

function comeUntil(
  entry: Entry,
  { since, now, jitterOf }: Moment,
): { occurrences: readonly number[]; isMore: boolean; latest: number | undefined } {
  const occurrences: number[] = [];
  const end = Math.min(now, entry.endAt + entry.jitterMs);
  for (let at = entry.next(since); at !== undefined && at + jitterOf(at) <= end; at = entry.next(at)) {
    occurrences.push(at);
    if (occurrences.length < MAX_WALK) continue;
    const context = { timeZone: entry.timeZone };
    const latest = latestOccurrence(entry.schedule, { since: at, now: end, context });
    if (latest !== undefined) return { occurrences: [...occurrences, latest], isMore: true, latest };
  }
  return { occurrences, isMore: false, latest: occurrences.at(-1) };
}
