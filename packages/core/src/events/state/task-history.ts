import type { TaskState } from "./task-state.ts";

/** One event of a task, in the order of causes. */
interface Moment {
  readonly clock: number;
  readonly timestamp: number;
  readonly origin: string;
  readonly task: TaskState;
}

/** How much longer than its limit the list may grow before its oldest part is cut off: cutting moves all the rest. */
const SLACK = 1.1;

/**
 * Events of tasks, the oldest first: by logical clock where both have one, else by time.
 *
 * @see kombu/clocks.py, timetuple
 */
export class TaskHistory {
  readonly #max: number;
  #moments: Moment[] = [];

  constructor(max: number) {
    this.#max = max;
  }

  add(moment: Moment): void {
    const moments = this.#moments;
    const last = moments.at(-1);
    if (last === undefined || !isBefore(moment, last)) moments.push(moment);
    else moments.splice(this.#placeOf(moment), 0, moment);
    if (moments.length > this.#max * SLACK) moments.splice(0, moments.length - this.#max);
  }

  /** Tasks by their newest event first, or by their oldest first. */
  *tasks(isReverse: boolean): Generator<TaskState, void, undefined> {
    const seen = new Set<TaskState>();
    const moments = this.#moments;
    for (let i = 0; i < moments.length; i++) {
      const moment = moments[isReverse ? moments.length - 1 - i : i];
      if (moment === undefined || seen.has(moment.task)) continue;
      seen.add(moment.task);
      yield moment.task;
    }
  }

  /** Begins anew with one moment per task. */
  rebuild(tasks: Iterable<TaskState>): void {
    this.#moments = [...tasks]
      .map((task) => ({ clock: task.clock, timestamp: task.timestamp ?? 0, origin: task.origin, task }))
      .sort((a, b) => (isBefore(a, b) ? -1 : isBefore(b, a) ? 1 : 0));
  }

  /** The first place whose moment is after this one: late arrivals are rarely far from the end. */
  #placeOf(moment: Moment): number {
    let [low, high] = [0, this.#moments.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      const found = this.#moments[middle];
      if (found !== undefined && isBefore(moment, found)) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}

function isBefore(a: Moment, b: Moment): boolean {
  if (!a.clock || !b.clock) return a.timestamp < b.timestamp;
  return a.clock === b.clock ? a.origin < b.origin : a.clock < b.clock;
}
