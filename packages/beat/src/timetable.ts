import type { Clock, Logger } from "@q/kernel";
import { ClockWatch } from "./clock-watch.ts";
import type { EntryState } from "./contracts.ts";
import type { Entry } from "./entry.ts";
import { Heap, type HeapItem } from "./heap.ts";
import { jitterOf } from "./occurrence-id.ts";

/** An entry at work. */
export interface Row extends HeapItem {
  entry: Entry;
  state: EntryState;
  isEnabled: boolean;
  /** Runs that are being sent. */
  sending: number;
  /** It is being found out whether its last run has ended; it is not due before that is known. */
  isAsked: boolean;
  /** Claims of an earlier term, as long as the entry is paused. */
  held: readonly number[];
}

/** What a {@link Timetable} works with. */
export interface TimetableParts {
  readonly scope: string;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** The entries at work, and which of them is due next. Paused ones keep their row, and are never due. */
export class Timetable {
  readonly #parts: TimetableParts;
  readonly #rows = new Map<string, Row>();
  readonly #heap = new Heap<Row>();
  readonly #watch: ClockWatch;

  constructor(parts: TimetableParts) {
    this.#parts = parts;
    this.#watch = new ClockWatch(parts.clock);
  }

  get(name: string): Row | undefined {
    return this.#rows.get(name);
  }

  /** Adds a row, or changes the one of that name. */
  put(entry: Entry, { state, isEnabled }: Pick<Row, "state" | "isEnabled">): Row {
    const known = this.#rows.get(entry.name);
    const row: Row = known ?? {
      ...{ entry, state, isEnabled, sending: 0, isAsked: false, held: state.pending },
      ...{ dueAt: 0, heapIndex: -1 },
    };
    [row.entry, row.state, row.isEnabled] = [entry, state, isEnabled];
    this.#rows.set(entry.name, row);
    this.schedule(row);
    return row;
  }

  remove(name: string): void {
    const row = this.#rows.get(name);
    if (row === undefined) return;
    row.isEnabled = false;
    this.#heap.remove(row);
    this.#rows.delete(name);
  }

  /** What is now for an entry. */
  now({ schedule: { nowfun } }: Entry): number {
    return nowfun === undefined ? this.#parts.clock.now() : Number(nowfun());
  }

  /** How much later than its time an occurrence is sent, milliseconds; always before the next one comes. */
  jitter(entry: Entry, at: number): number {
    if (entry.jitterMs === 0) return 0;
    const gapMs = (entry.next(at) ?? Infinity) - at;
    return jitterOf({ scope: this.#parts.scope, name: entry.name, at }, Math.min(entry.jitterMs, gapMs - 1));
  }

  /** Has a row come again when its next occurrence is due. A row that was removed is left alone. */
  schedule(row: Row): void {
    const { entry, state } = row;
    const isOver = !row.isEnabled || state.totalRunCount >= entry.maxRuns;
    const at = isOver ? undefined : entry.next(state.since);
    if (at === undefined) return this.#heap.remove(row);
    const offset = this.now(entry) - this.#parts.clock.now();
    this.#wake(row, at + this.jitter(entry, at) - offset);
  }

  /** Has a row come again after a while, whenever it is due. */
  postpone(row: Row, delayMs: number): void {
    this.#wake(row, this.#parts.clock.now() + delayMs);
  }

  /** The rows that are due, the earliest first, at most `count`. They come again when they are scheduled again. */
  takeDue(count: number): Row[] {
    const now = this.#parts.clock.now();
    const rows: Row[] = [];
    for (let first = this.#heap.peek(); first !== undefined; first = this.#heap.peek()) {
      if (first.dueAt > now || rows.length === count) break;
      this.#heap.remove(first);
      rows.push(first);
    }
    return rows;
  }

  /** Milliseconds until a row is due; `Infinity` when none ever is. */
  restMs(): number {
    const first = this.#heap.peek();
    return first === undefined ? Infinity : Math.max(0, first.dueAt - this.#parts.clock.now());
  }

  /** A clock that was put back takes the intervals along: they count elapsed time. */
  followClock(): void {
    const jumpMs = this.#watch.jump();
    if (jumpMs === 0) return;
    this.#parts.logger.warn({ jumpMs }, "the clock was set");
    for (const row of this.#rows.values()) {
      if (jumpMs < 0 && row.entry.schedule.countsElapsedTime === true)
        row.state = { ...row.state, since: row.state.since + jumpMs };
      this.schedule(row);
    }
  }

  #wake(row: Row, dueAt: number): void {
    if (row.isAsked || this.#rows.get(row.entry.name) !== row) return;
    row.dueAt = dueAt;
    this.#heap.put(row);
  }
}
