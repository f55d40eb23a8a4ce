import { ImproperlyConfiguredError } from "@q/kernel";
import { describe, expect, it } from "vitest";
import { Beat } from "./beat.ts";
import { EntryError } from "./errors.ts";

const send = (): void => {};

describe("a beat", () => {
  it.each([
    ["no options", undefined, /needs one of "send" and "sender"/],
    ["no way to send", {}, /needs one of "send" and "sender"/],
    ["two ways to send", { send, sender: { sendTask: async () => {} } }, /needs one of "send" and "sender"/],
    ["a send that is no function", { send: 5 }, /"send" is a function/],
    ["a sender that cannot send", { sender: {} }, /"sender" has a function sendTask/],
    [
      "an option that is not there",
      { send, timezone: "UTC" },
      /no option "timezone"\. Did you mean "timeZone"/,
    ],
    ["a zone that is not there", { send, timeZone: "Mars/Base" }, /no time zone "Mars\/Base"/],
    ["entries in a list", { send, entries: [] }, /"entries" is an object/],
    ["a lease of no time", { send, leaseMs: 0 }, /"leaseMs" is a positive number/],
    ["a lease that is taken for a broken one", { send, leaseMs: 60_001 }, /"leaseMs" is .* at most 60000/],
    ["an endless lease", { send, leaseMs: Infinity }, /"leaseMs" is .* at most 60000/],
    ["no time to sleep", { send, maxIntervalMs: -1 }, /"maxIntervalMs" is a positive number/],
  ])("refuses %s", (_title, options, message) => {
    const make = (): Beat => new Beat(options as never);
    expect(make).toThrow(ImproperlyConfiguredError);
    expect(make).toThrow(message);
  });

  it.each([
    ["a field that is not there", { task: "t", schedule: 1, shedule: 2 }, /Did you mean "schedule"/],
    ["no task", { schedule: 1 }, /names no task/],
    ["no schedule", { task: "t" }, /has no schedule/],
    ["a schedule that cannot work", { task: "t", schedule: "99 * * * *" }, /Invalid end range: 99 > 59/],
    ["half a schedule", { task: "t", schedule: { solar: "sunset" } }, /event, latitude, longitude.*"sunset"/],
    ["a misspelled unit", { task: "t", schedule: { minuts: 1 } }, /"minuts: 1" is no part/],
    [
      "a key that a schedule has not",
      { task: "t", schedule: { every: 1, relativ: true } },
      /no "relativ"\. Did you mean "relative"/,
    ],
    [
      "a field that a crontab has not",
      { task: "t", schedule: { crontab: { minutes: 1 } } },
      /no "minutes"\. Did you mean "minute"/,
    ],
    [
      "a zone that is not there",
      { task: "t", schedule: 1, timeZone: "Mars/Base" },
      /no time zone "Mars\/Base"/,
    ],
    ["a zone that is no text", { task: "t", schedule: 1, timeZone: 5 }, /no time zone "5"/],
    ["arguments that are no list", { task: "t", schedule: 1, args: 5 }, /args is not a list/],
    ["a text for true or false", { task: "t", schedule: 1, enabled: "no" }, /enabled is true or false/],
    ["endless jitter", { task: "t", schedule: 1, jitter: Infinity }, /jitter is not a number of seconds/],
    [
      "an end before its start",
      { task: "t", schedule: 1, startAt: "2026-02-01", endAt: "2026-01-01" },
      /endAt is before startAt/,
    ],
  ])("refuses an entry with %s, and names it", (_title, entry, message) => {
    const make = (): Beat => new Beat({ send, entries: { broken: entry as never } });
    expect(make).toThrow(EntryError);
    expect(make).toThrow(message);
    expect(make).toThrow(/entry "broken"/);
  });

  it("refuses an entry without a name", async () => {
    await using beat = new Beat({ send });
    for (const name of ["", undefined as never])
      await expect(beat.add(name, { task: "t", schedule: 1 })).rejects.toThrow(/an entry has no name/);
  });
});
