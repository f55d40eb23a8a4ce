import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, it } from "vitest";
import { ReadyQueue } from "./ready-queue.ts";

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

it("gives items back in their order, however many came and went", () => {
  const queue = new ReadyQueue<number>();
  const taken: (number | undefined)[] = [];
  for (let n = 0; n < 5000; n++) {
    queue.push(2 * n);
    queue.push(2 * n + 1);
    taken.push(queue.shift());
  }
  expect([queue.size, queue.items()[0]]).toEqual([5000, 5000]);
  while (queue.size > 0) taken.push(queue.shift());
  expect(taken).toEqual(Array.from({ length: 10_000 }, (_, n) => n));
  expect(queue.shift()).toBeUndefined();
});

it("keeps nothing of what was taken out, although it never gets empty", async () => {
  const queue = new ReadyQueue<object>();
  queue.push({});
  const taken: WeakRef<object>[] = [];
  for (let n = 0; n < 3000; n++) {
    queue.push({});
    taken.push(new WeakRef(queue.shift()!));
  }
  // What a weak reference was made of lives until the end of the turn.
  await new Promise((resolve) => setImmediate(resolve));
  collectGarbage();
  expect(taken.filter((ref) => ref.deref() !== undefined)).toEqual([]);
  expect(queue.size).toBe(1);
});
