import { describe, expect, it } from "vitest";
import { Batcher } from "./batcher.ts";
import { deferred } from "./deferred.ts";

describe("Batcher", () => {
  it("flushes what one turn adds as one batch, in order", async () => {
    const batches: number[][] = [];
    const batcher = new Batcher<number, number>({
      flush: async (items) => {
        batches.push([...items]);
        return items.map((item) => item * 10);
      },
    });
    const results = await Promise.all([batcher.add(1), batcher.add(2), batcher.add(3)]);
    expect(results).toEqual([10, 20, 30]);
    expect(batches).toEqual([[1, 2, 3]]);
  });

  it("lets the next batch grow while its limit of batches is under way", async () => {
    const first = deferred();
    const sizes: number[] = [];
    const batcher = new Batcher<number>({
      maxInFlight: 1,
      flush: (items) => {
        sizes.push(items.length);
        return sizes.length === 1 ? first.promise : Promise.resolve();
      },
    });
    const all = [batcher.add(1)];
    await new Promise((resolve) => setImmediate(resolve));
    all.push(batcher.add(2), batcher.add(3));
    await new Promise((resolve) => setImmediate(resolve));
    expect(sizes).toEqual([1]);
    expect(batcher.pending).toBe(2);
    first.resolve();
    await Promise.all(all);
    expect(sizes).toEqual([1, 2]);
  });

  it("never exceeds the largest batch", async () => {
    const sizes: number[] = [];
    const batcher = new Batcher<number>({
      maxBatch: 4,
      flush: async (items) => void sizes.push(items.length),
    });
    await Promise.all(Array.from({ length: 10 }, (_, item) => batcher.add(item)));
    expect(sizes).toEqual([4, 4, 2]);
  });

  it("rejects the items of a failed batch and goes on with the next", async () => {
    let calls = 0;
    const batcher = new Batcher<number>({
      flush: async () => {
        if (++calls === 1) throw new Error("no");
      },
    });
    await expect(batcher.add(1)).rejects.toThrow("no");
    await expect(batcher.add(2)).resolves.toBeUndefined();
  });

  it("is idle when everything posted has been flushed, failed batches included", async () => {
    const flushed: number[] = [];
    const batcher = new Batcher<number>({
      flush: async (items) => {
        flushed.push(...items);
        throw new Error("nobody waits for this");
      },
    });
    batcher.post(1);
    batcher.post(2);
    await batcher.idle();
    expect(flushed).toEqual([1, 2]);
    await expect(batcher.idle()).resolves.toBeUndefined();
  });
});
