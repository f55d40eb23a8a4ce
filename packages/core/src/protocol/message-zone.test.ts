import { expect, it } from "vitest";
import { messageZone } from "./message-zone.ts";

it("is the zone of the app, whether or not UTC is enabled", () => {
  expect(messageZone({ timezone: "Europe/Berlin", enableUtc: true })).toBe("Europe/Berlin");
  expect(messageZone({ timezone: "Europe/Berlin", enableUtc: false })).toBe("Europe/Berlin");
  expect(messageZone({ timezone: "UTC", enableUtc: true })).toBe("UTC");
});

it("is the zone of the machine when UTC is switched off and no zone is set", () => {
  const local = new Intl.DateTimeFormat().resolvedOptions().timeZone;
  expect(messageZone({ timezone: "UTC", enableUtc: false })).toBe(local);
});
