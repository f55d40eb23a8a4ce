import { expect, it } from "vitest";
import { heldTags, LeaseSlots } from "./lease-slots.ts";

it("shows the other thread exactly the tags that are held", () => {
  const chunks: SharedArrayBuffer[] = [];
  const slots = new LeaseSlots((chunk) => chunks.push(chunk));
  const tags = Array.from({ length: 3000 }, (_, n) => `tag-${n}`);
  const held = tags.map((tag) => slots.hold(tag));
  expect(chunks.flatMap(heldTags).toSorted()).toEqual(tags.toSorted());

  for (const slot of held.slice(10)) slots.release(slot);
  expect(chunks.flatMap(heldTags).toSorted()).toEqual(tags.slice(0, 10).toSorted());

  const before = chunks.length;
  for (let n = 0; n < 2000; n++) slots.hold("again");
  expect(chunks.length).toBe(before);
});

it("keeps tags of any bytes up to their limit", () => {
  const chunks: SharedArrayBuffer[] = [];
  const slots = new LeaseSlots((chunk) => chunks.push(chunk));
  slots.hold("é".repeat(31));
  expect(chunks.flatMap(heldTags)).toEqual(["é".repeat(31)]);
});
