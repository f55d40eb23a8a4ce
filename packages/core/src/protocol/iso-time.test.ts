import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { isoFormat, parseIsoTime } from "./iso-time.ts";

const file = new URL("../../../../test-integration/vectors/misc.json", import.meta.url);
const vectors = JSON.parse(readFileSync(file, "utf8")) as {
  readonly cases: {
    readonly iso8601: readonly (readonly [text: string, read: string | null | { error: string }])[];
  };
};

/** Python's answer in milliseconds; its naive times mean UTC to Celery. */
function milliseconds(read: string): number {
  return Date.parse(/(?:Z|[+-]\d\d:\d\d)$/.test(read) ? read : `${read}Z`);
}

describe("reading an ISO 8601 time", () => {
  it.each(vectors.cases.iso8601)("agrees with Python about %j", (text, read) => {
    const expected = typeof read === "string" ? milliseconds(read) : undefined;
    expect(parseIsoTime(text)?.getTime()).toBe(expected);
  });

  it.each([
    "2030-02-30",
    "2030-13-01",
    "2030-01-02T25:00",
    "2030-01-02T03:60",
    "20300102030405",
    "2030-01-02T24:01",
  ])("refuses %s", (text) => {
    expect(parseIsoTime(text)).toBeUndefined();
  });
});

describe("writing a time", () => {
  it("is Python's isoformat: an offset always, a fraction of six digits unless it is zero", () => {
    expect(isoFormat(new Date("2030-01-02T03:04:05.600Z"))).toBe("2030-01-02T03:04:05.600000+00:00");
    expect(isoFormat(new Date("2030-01-02T03:04:05Z"))).toBe("2030-01-02T03:04:05+00:00");
  });

  it("uses the zone's offset of that day", () => {
    expect(isoFormat(new Date("2030-07-01T00:00:00Z"), "Europe/Berlin")).toBe("2030-07-01T02:00:00+02:00");
    expect(isoFormat(new Date("2030-01-01T00:00:00Z"), "Europe/Berlin")).toBe("2030-01-01T01:00:00+01:00");
    expect(isoFormat(new Date("2030-01-01T00:00:00Z"), "America/St_Johns")).toBe("2029-12-31T20:30:00-03:30");
  });

  it("can be read back", () => {
    const time = new Date("2030-07-01T12:34:56.789Z");
    for (const zone of ["UTC", "Asia/Kathmandu", "America/New_York"]) {
      expect(parseIsoTime(isoFormat(time, zone))).toEqual(time);
    }
  });
});
