import { getTimes, type SunTimeName } from "suncalc";
import { didYouMean } from "@q/kernel";
import { ScheduleError } from "../errors.ts";
import { latestByLookingBack, type Schedule, type ScheduleContext } from "../schedule.ts";

const DAY_MS = 86_400_000;
/** Where the sun rises at all it rises within half a year; a little more for the edges. */
const DAYS_AHEAD = 370;

/** What the sun does: dawn and dusk are at 18, 12 and 6 degrees below the horizon, rise and set at its upper edge. */
export type SolarEvent =
  | "dawn_astronomical"
  | "dawn_nautical"
  | "dawn_civil"
  | "sunrise"
  | "solar_noon"
  | "sunset"
  | "dusk_civil"
  | "dusk_nautical"
  | "dusk_astronomical";

/** The events, as suncalc calls them. */
const EVENTS: Readonly<Record<SolarEvent, SunTimeName | "solarNoon">> = {
  dawn_astronomical: "nightEnd",
  dawn_nautical: "nauticalDawn",
  dawn_civil: "dawn",
  sunrise: "sunrise",
  solar_noon: "solarNoon",
  sunset: "sunset",
  dusk_civil: "dusk",
  dusk_nautical: "nauticalDusk",
  dusk_astronomical: "night",
};

/** Names of the solar events, in the order of a day. */
export const SOLAR_EVENTS: readonly SolarEvent[] = Object.keys(EVENTS) as SolarEvent[];

/**
 * A schedule by the sun at a place. It knows no time zones. On a day without the event, as in polar summer and winter,
 * it does not come; `solar_noon` comes every day.
 *
 * @see celery/schedules.py, solar; times agree with PyEphem's within 30 seconds
 */
export class Solar implements Schedule {
  readonly event: SolarEvent;
  /** Degrees, north is positive. */
  readonly latitude: number;
  /** Degrees, east is positive. */
  readonly longitude: number;
  readonly nowfun: (() => Date | number) | undefined;

  /** @throws {ScheduleError} for an unknown event or a place off the globe */
  constructor(
    event: SolarEvent,
    place: { readonly latitude: number; readonly longitude: number; readonly nowfun?: () => Date | number },
  ) {
    const { latitude, longitude, nowfun } = place;
    if (!Object.hasOwn(EVENTS, event)) {
      throw new ScheduleError(
        `Argument event "${event}" is invalid, must be one of ${SOLAR_EVENTS.join(", ")}.${didYouMean(event, SOLAR_EVENTS)}`,
      );
    }
    if (!(Math.abs(latitude) <= 90))
      throw new ScheduleError(`Argument lat ${latitude} is invalid, must be between -90 and 90.`);
    if (!(Math.abs(longitude) <= 180))
      throw new ScheduleError(`Argument lon ${longitude} is invalid, must be between -180 and 180.`);
    [this.event, this.latitude, this.longitude, this.nowfun] = [event, latitude, longitude, nowfun];
  }

  next(after: number): number | undefined {
    // A solar day may begin more than half a day before the UTC day of the same date, so one more on either side.
    for (let day = -1; day <= DAYS_AHEAD; day++) {
      const at = this.#on(after + day * DAY_MS);
      if (at !== undefined && at > after) return at;
    }
    return undefined;
  }

  latest(since: number, now: number, context: ScheduleContext): number | undefined {
    return latestByLookingBack(this, { since, now, context });
  }

  toString(): string {
    return `<solar: ${this.event} at latitude ${this.latitude}, longitude: ${this.longitude}>`;
  }

  toJSON(): unknown {
    return { solar: { event: this.event, latitude: this.latitude, longitude: this.longitude } };
  }

  #on(instant: number): number | undefined {
    const at = getTimes(new Date(instant), this.latitude, this.longitude)[EVENTS[this.event]];
    return at === null ? undefined : Math.round(at.getTime());
  }
}

/** Makes a {@link Solar}. Mind the signs: north and east are positive. */
export function solar(event: SolarEvent, latitude: number, longitude: number): Solar {
  return new Solar(event, { latitude, longitude });
}
