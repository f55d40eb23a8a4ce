import { expect, it } from "vitest";
import { FakeClock } from "@q/kernel/testing";
import { RevokedSet } from "./revoked-set.ts";

const HOUR_MS = 3_600_000;

it("remembers revoked ids for three hours", async () => {
  const clock = new FakeClock();
  const revoked = new RevokedSet(clock);
  revoked.add("a");
  expect([revoked.has("a"), revoked.has("b")]).toEqual([true, false]);
  await clock.advance(3 * HOUR_MS - 1);
  expect(revoked.has("a")).toBe(true);
  await clock.advance(1);
  expect(revoked.has("a")).toBe(false);
});

it("counts the time from the last revocation of an id, and drops old ones when new ones come", async () => {
  const clock = new FakeClock();
  const revoked = new RevokedSet(clock);
  revoked.add("a");
  revoked.add("b");
  await clock.advance(2 * HOUR_MS);
  revoked.add("a");
  await clock.advance(2 * HOUR_MS);
  revoked.add("c");
  expect(revoked.texts()).toEqual(["a", "c"]);
  expect(revoked.has("a")).toBe(true);
});

it("holds at most 50,000 ids: the oldest go", () => {
  const revoked = new RevokedSet(new FakeClock());
  for (let n = 0; n < 50_010; n++) revoked.add(`id-${n}`);
  expect([revoked.size, revoked.has("id-9"), revoked.has("id-10"), revoked.has("id-50009")]).toEqual([
    50_000,
    false,
    true,
    true,
  ]);
});
