import { Info } from "luxon";
import { ScheduleError } from "../errors.ts";

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
/** Wider than the widest span between the offsets of two zones (26 hours), so a change near an instant is seen. */
const WINDOW_MS = 27 * 3_600_000;
const WEEK_MS = 7 * DAY_MS;
/** Stretches whose offset is remembered, per zone; a schedule needs a few around its next occurrence. */
const MAX_REMEMBERED = 2048;

/** One change of a zone's offset from UTC. */
export interface Transition {
  /** First instant with the new offset. */
  readonly at: number;
  readonly beforeMs: number;
  readonly afterMs: number;
}

/**
 * A time zone: its offset at any instant, and its changes. Instants are milliseconds since 1970; a *wall time* is what a
 * clock on the wall shows, written as the instant at which a clock in UTC shows the same.
 */
export class Zone {
  readonly name: string;
  readonly #offsetAt: (instant: number) => number;
  /** Offset of whole weeks without a change; `null` for weeks with one. No zone changes twice in a week. */
  readonly #weeks = new Map<number, number | null>();
  /** The same for the days (UTC) of weeks with a change. */
  readonly #days = new Map<number, number | null>();

  private constructor(name: string, offsetAt: (instant: number) => number) {
    this.name = name;
    this.#offsetAt = offsetAt;
  }

  /**
   * The zone called `name`: an IANA name such as `Europe/Berlin`, or a fixed offset such as `UTC+2`.
   *
   * @throws {ScheduleError} when there is none
   */
  static of(name: string): Zone {
    let zone = zones.get(name);
    if (zone === undefined) {
      const found = Info.normalizeZone(name);
      if (typeof name !== "string" || !found.isValid)
        throw new ScheduleError(`there is no time zone "${name}". Use a name such as Europe/Berlin or UTC.`);
      zone = new Zone(name, (instant) => Math.round(found.offset(instant) * MINUTE_MS));
      zones.set(name, zone);
    }
    return zone;
  }

  /** Offset from UTC at an instant, in milliseconds; positive east of Greenwich. */
  offset(instant: number): number {
    return (
      this.#constant(this.#weeks, instant, WEEK_MS) ??
      this.#constant(this.#days, instant, DAY_MS) ??
      this.#offsetAt(instant)
    );
  }

  /** The wall time at an instant. */
  wall(instant: number): number {
    return instant + this.offset(instant);
  }

  /** The change within 27 hours of an instant, when there is one; of two, the first. */
  transitionNear(instant: number): Transition | undefined {
    const from = instant - WINDOW_MS;
    const beforeMs = this.offset(from);
    if (beforeMs === this.offset(instant) && beforeMs === this.offset(instant + WINDOW_MS)) return undefined;
    const first = [instant, instant + WINDOW_MS].find((one) => this.offset(one) !== beforeMs);
    if (first === undefined) return undefined;
    let [low, high] = [from, first];
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2);
      if (this.offset(middle) === beforeMs) low = middle;
      else high = middle;
    }
    return { at: high, beforeMs, afterMs: this.offset(high) };
  }

  /**
   * The instants at which the wall shows a time: one, two (the hour is repeated), or none (it is left out): then
   * `skipped` is the instant at which it would have come without the change.
   */
  instants(wall: number): { readonly at: readonly number[]; readonly skipped?: Transition } {
    const guess = wall - this.offset(wall);
    const change = this.transitionNear(guess);
    if (change === undefined) return { at: [guess] };
    const [before, after] = [wall - change.beforeMs, wall - change.afterMs];
    const at = [before, after].filter((one, index) => (index === 0 ? one < change.at : one >= change.at));
    return at.length === 0 ? { at, skipped: change } : { at };
  }

  /** The offset of the stretch around an instant; `null` when it changes there. */
  #constant(known: Map<number, number | null>, instant: number, lengthMs: number): number | null {
    const index = Math.floor(instant / lengthMs);
    let offset = known.get(index);
    if (offset === undefined) {
      const start = this.#offsetAt(index * lengthMs);
      offset = start === this.#offsetAt((index + 1) * lengthMs) ? start : null;
      if (known.size >= MAX_REMEMBERED) known.clear();
      known.set(index, offset);
    }
    return offset;
  }
}

const zones = new Map<string, Zone>();
