import { describe, expect, it } from "vitest";
import { changeOfLimit, shareOf } from "./prefetch-limits.ts";

const consumers = [
  { tag: "a", limit: 10 },
  { tag: "b", limit: 3 },
  { tag: "c", limit: 2 },
];

describe("changeOfLimit", () => {
  it("does nothing when the limit is right", () => {
    expect(changeOfLimit(consumers, 15)).toEqual({ add: undefined, cancel: [] });
  });

  it("grows by a consumer for the difference", () => {
    expect(changeOfLimit(consumers, 20)).toEqual({ add: 5, cancel: [] });
  });

  it("shrinks by cancelling the youngest, and keeps the oldest", () => {
    expect(changeOfLimit(consumers, 10)).toEqual({ add: undefined, cancel: [consumers[2], consumers[1]] });
  });

  it("replaces a consumer that is too large for what remains", () => {
    expect(changeOfLimit(consumers, 4)).toEqual({
      add: 4,
      cancel: [consumers[2], consumers[1], consumers[0]],
    });
  });

  it("changes to and from no limit", () => {
    expect(changeOfLimit(consumers, Infinity)).toEqual({ add: Infinity, cancel: [] });
    const unlimited = { tag: "d", limit: Infinity };
    expect(changeOfLimit([...consumers, unlimited], 15)).toEqual({ add: undefined, cancel: [unlimited] });
    expect(changeOfLimit([unlimited], Infinity)).toEqual({ add: undefined, cancel: [] });
  });
});

describe("shareOf", () => {
  it("divides the prefetch among the queues, at least one each", () => {
    expect([shareOf(10, 3), shareOf(2, 5), shareOf(Infinity, 2)]).toEqual([3, 1, Infinity]);
  });
});
