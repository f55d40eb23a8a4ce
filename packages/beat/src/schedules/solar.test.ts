import { describe, expect, it } from "vitest";
import { ScheduleError } from "../errors.ts";
import { instant, vectors } from "../testing/vectors.fixture.ts";
import { solar, type SolarEvent } from "./solar.ts";

/** Seconds until the event; for days without it `[PyEphem's error, Celery's intended fall-back, what Celery did]`. */
type SolarOutcome = number | readonly [error: string, fallBack: number, celerys: unknown];

const recorded = vectors<{
  readonly events: readonly SolarEvent[];
  readonly places: readonly (readonly [name: string, latitude: number, longitude: number])[];
  readonly cases: readonly (readonly [place: string, date: string, row: readonly SolarOutcome[]])[];
}>("solar");

/**
 * On the edge of a polar day or night the sun just touches the height of the event: a hundredth of a degree decides whether it
 * comes that day at all, and the sun moves so flatly that a second of arc is a minute. Two models of the sun differ there.
 */
const EDGE_OF_POLAR_DAY: ReadonlySet<string> = new Set([
  "Longyearbyen 2026-08-24 sunrise",
  "Longyearbyen 2026-08-24 sunset",
  "North pole 2024-01-28 dawn_astronomical",
  "North pole 2025-03-17 sunrise",
  "North pole 2025-03-17 sunset",
  "North pole 2025-10-24 dusk_nautical",
  "McMurdo 2025-02-18 sunrise",
  "McMurdo 2026-03-20 dusk_nautical",
  "Arctic circle 2025-07-06 sunrise",
  "Arctic circle 2025-07-06 sunset",
]);

function recordedEvents(): { name: string; wanted: SolarOutcome; seconds: number }[] {
  const places = new Map(recorded.places.map(([name, ...place]) => [name, place] as const));
  return recorded.cases.flatMap(([place, date, row]) =>
    row.map((wanted, index) => {
      const event = recorded.events[index] as SolarEvent;
      const [latitude = Number.NaN, longitude = Number.NaN] = places.get(place) ?? [];
      const next = solar(event, latitude, longitude).next(instant(date)) ?? Number.NaN;
      return {
        name: `${place} ${date.slice(0, 10)} ${event}`,
        wanted,
        seconds: (next - instant(date)) / 1000,
      };
    }),
  );
}

describe("recorded solar events", () => {
  const events = recordedEvents();

  it("comes within 30 seconds of PyEphem's time", () => {
    const late = events.filter(
      ({ name, wanted, seconds }) =>
        typeof wanted === "number" && !(Math.abs(seconds - wanted) <= 30) && !EDGE_OF_POLAR_DAY.has(name),
    );
    expect(events.length).toBe(10_800);
    expect(late).toEqual([]);
  });

  it("skips the days on which it does not come, where Celery raises an error", () => {
    const absent = events.filter(({ wanted }) => typeof wanted !== "number");
    const early = absent.filter(({ name, seconds }) => seconds < 86_400 && !EDGE_OF_POLAR_DAY.has(name));
    expect(absent.length).toBeGreaterThan(1500);
    expect(early).toEqual([]);
  });
});

describe("Solar", () => {
  it.each([
    ["sunrise", 91, 0],
    ["sunrise", -90.1, 0],
    ["sunrise", 0, 180.1],
    ["noon", 0, 0],
  ])("refuses %s at %d, %d", (event, latitude, longitude) => {
    expect(() => solar(event as SolarEvent, latitude, longitude)).toThrow(ScheduleError);
  });

  it("has a noon on every day of a polar night", () => {
    const noon = solar("solar_noon", 78.2232, 15.6267);
    let at = Date.parse("2026-12-01T00:00:00Z");
    for (let day = 1; day <= 20; day++) {
      at = noon.next(at) ?? Number.NaN;
      expect(new Date(at).toISOString()).toMatch(
        new RegExp(`^2026-12-${String(day).padStart(2, "0")}T1[01]:`),
      );
    }
  });
});
