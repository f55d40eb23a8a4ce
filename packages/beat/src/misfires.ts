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
  const inTime = occurrences.filter((at) => isInTime(entry, at, now));
  const chosen = inTime.slice(entry.misfire === "all" ? -MAX_CATCH_UP : -1).slice(0, left);
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

/** Whether an occurrence that was not sent in time may still be. */
export function isInTime({ misfire, misfireWindowMs, jitterMs }: Entry, at: number, now: number): boolean {
  const limitMs = misfire === "skip" ? Math.min(ON_TIME_MS, misfireWindowMs) : misfireWindowMs;
  return now - at <= limitMs + jitterMs;
}

/** The occurrences that have come; of very many the first and the last. */
function comeUntil(
  entry: Entry,
  moment: Moment,
): { occurrences: readonly number[]; isMore: boolean; latest: number | undefined } {
  const first = walk(entry, moment.since, moment);
  const from = first.at(-1);
  if (from === undefined || first.length < MAX_WALK)
    return { occurrences: first, isMore: false, latest: from };
  const until = Math.min(moment.now, entry.endAt);
  const usualGapMs = (from - (first[0] ?? from)) / first.length;
  const context = { timeZone: entry.timeZone };
  // So far back that about as many follow as are sent at most.
  const back = { since: from, now: until - usualGapMs * MAX_CATCH_UP, context };
  const last = walk(entry, latestOccurrence(entry.schedule, back) ?? from, moment);
  const latest = latestOccurrence(entry.schedule, { since: last.at(-1) ?? from, now: until, context });
  const occurrences = [...first, ...last, ...(latest === undefined ? [] : [latest])];
  return { occurrences, isMore: last.length > 0, latest: occurrences.at(-1) };
}

function walk(entry: Entry, since: number, { now, jitterOf }: Moment): number[] {
  const occurrences: number[] = [];
  const end = Math.min(now, entry.endAt + entry.jitterMs);
  for (let at = entry.next(since); at !== undefined && at + jitterOf(at) <= end; at = entry.next(at)) {
    occurrences.push(at);
    if (occurrences.length === MAX_WALK) break;
  }
  return occurrences;
}
