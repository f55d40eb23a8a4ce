import { describe, expect, it } from "vitest";
import { seededRandom, uniqueName, waitUntil } from "./index.ts";

describe("waitUntil", () => {
  it("returns the first accepted value", async () => {
    let reads = 0;
    expect(await waitUntil(() => ++reads, { accept: (n) => n >= 4 })).toBe(4);
  });

  it("takes an error for 'not yet'", async () => {
    let reads = 0;
    const read = async (): Promise<string> => {
      if (++reads < 3) throw new Error("down");
      return "up";
    };
    expect(await waitUntil(read)).toBe("up");
  });

  it("says what it waited for and what it saw last", async () => {
    const wait = waitUntil(() => ({ length: 7 }), {
      accept: () => false,
      timeoutMs: 10,
      what: "an empty queue",
    });
    await expect(wait).rejects.toThrow("Waited 10 ms for an empty queue; last seen: { length: 7 }");
    const failing = waitUntil(() => Promise.reject(new Error("refused")), { timeoutMs: 10 });
    await expect(failing).rejects.toThrow("last seen: an error: Error: refused");
  });
});

describe("seededRandom", () => {
  it("gives the same numbers for the same seed", () => {
    const draw = (seed: number): number[] => {
      const random = seededRandom(seed);
      return Array.from({ length: 20 }, () => random.int(1, 6));
    };
    expect(draw(42)).toEqual(draw(42));
    expect(draw(42)).not.toEqual(draw(43));
    expect(new Set(draw(42))).toEqual(new Set([1, 2, 3, 4, 5, 6]));
  });
});

describe("uniqueName", () => {
  it("never repeats", () => {
    expect(new Set(Array.from({ length: 1000 }, () => uniqueName("q"))).size).toBe(1000);
  });
});
