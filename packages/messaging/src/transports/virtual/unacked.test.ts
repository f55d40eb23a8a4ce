import { expect, it } from "vitest";
import type { Delivery } from "../../contracts.ts";
import { Unacked } from "./unacked.ts";

const delivery = (tag: string) => ({ tag }) as Delivery;

it("has room for as many deliveries as the prefetch says, and for any number with Infinity", () => {
  const unacked = new Unacked<number>(() => {});
  expect(unacked.room).toBe(Infinity);
  unacked.setPrefetch(2);
  for (const n of [1, 2, 3]) unacked.add(delivery(`${n}`), n);
  expect(unacked.room).toBe(0);
  unacked.setPrefetch(4);
  expect(unacked.room).toBe(1);
});

it("settles a delivery once, and only its own", () => {
  const unacked = new Unacked<number>(() => {});
  const mine = delivery("mine");
  unacked.add(mine, 1);
  expect([unacked.take(mine), unacked.take(mine), unacked.take(delivery("mine"))]).toEqual([
    1,
    undefined,
    undefined,
  ]);
});

it("hands leftovers over in the order of delivery, once", () => {
  const unacked = new Unacked<number>(() => {});
  for (const n of [3, 1, 2]) unacked.add(delivery(`${n}`), n);
  expect([unacked.takeAll(), unacked.takeAll()]).toEqual([[3, 1, 2], []]);
});

it("tells when there may be room", () => {
  let told = 0;
  const unacked = new Unacked<number>(() => told++);
  unacked.setPrefetch(1);
  const one = delivery("1");
  unacked.add(one, 1);
  unacked.take(one);
  unacked.take(one);
  expect(told).toBe(1);
});

it("tells of a wider window only when nothing fitted into the one before", () => {
  let told = 0;
  const unacked = new Unacked<number>(() => told++);
  unacked.setPrefetch(1);
  unacked.setPrefetch(2);
  expect(told).toBe(0);
  unacked.add(delivery("1"), 1);
  unacked.add(delivery("2"), 2);
  unacked.setPrefetch(1);
  expect(told).toBe(0);
  unacked.setPrefetch(3);
  expect(told).toBe(1);
});
