import { expect, it } from "vitest";
import { TransitMap } from "./transit-map.ts";

it("is a map, also after it was made anew many times", () => {
  const map = new TransitMap<number, string>();
  const model = new Map<number, string>();
  for (let n = 0; n < 5000; n++) {
    map.set(n, `value ${n}`);
    model.set(n, `value ${n}`);
    // Between 0 and 70 entries, and one that stays.
    const oldest = n - ((n * 7) % 70);
    expect(map.delete(oldest || -1)).toBe(model.delete(oldest || -1));
    expect(map.size).toBe(model.size);
  }
  expect([...map]).toEqual([...model]);
  expect([...map.keys()]).toEqual([...model.keys()]);
  expect([...map.values()]).toEqual([...model.values()]);
  expect([map.get(0), map.has(0), map.get(-1), map.has(-1)]).toEqual(["value 0", true, undefined, false]);
  map.clear();
  expect([map.size, [...map]]).toEqual([0, []]);
});
