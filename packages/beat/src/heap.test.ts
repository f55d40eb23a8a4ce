import { describe, expect, it } from "vitest";
import { Heap, type HeapItem } from "./heap.ts";

const item = (dueAt: number): HeapItem => ({ dueAt, heapIndex: -1 });

function drained(heap: Heap<HeapItem>): number[] {
  const times: number[] = [];
  for (let first = heap.peek(); first !== undefined; first = heap.peek()) {
    heap.remove(first);
    times.push(first.dueAt);
  }
  return times;
}

describe("Heap", () => {
  it("gives the earliest first, whatever was moved and removed meanwhile", () => {
    // A small generator of its own: the same numbers on every run.
    let seed = 1;
    const random = (below: number): number => (seed = (seed * 48_271) % 2_147_483_647) % below;
    const heap = new Heap<HeapItem>();
    const items = Array.from({ length: 500 }, () => item(random(1000)));
    for (const one of items) heap.put(one);
    for (let change = 0; change < 2000; change++) {
      const one = items[random(items.length)] as HeapItem;
      if (random(3) === 0) heap.remove(one);
      else {
        one.dueAt = random(1000);
        heap.put(one);
      }
    }
    const wanted = items.filter(({ heapIndex }) => heapIndex >= 0).map(({ dueAt }) => dueAt);
    expect(heap.size).toBe(wanted.length);
    expect(drained(heap)).toEqual(wanted.sort((a, b) => a - b));
    expect(items.every(({ heapIndex }) => heapIndex === -1)).toBe(true);
  });

  it("holds an item once, however often it is put", () => {
    const heap = new Heap<HeapItem>();
    const one = item(3);
    for (const dueAt of [3, 1, 2]) {
      one.dueAt = dueAt;
      heap.put(one);
    }
    expect([heap.size, heap.peek()]).toEqual([1, one]);
    heap.remove(one);
    heap.remove(one);
    expect([heap.size, heap.peek()]).toEqual([0, undefined]);
  });
});
