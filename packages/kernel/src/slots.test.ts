import { describe, expect, it } from "vitest";
import { Slots } from "./slots.ts";

describe("Slots", () => {
  it("makes takers wait when all slots are taken, and serves them in order", async () => {
    const slots = new Slots(1);
    expect(slots.tryAcquire()).toBe(true);
    const order: string[] = [];
    const [a, b] = [slots.acquire().then(() => order.push("a")), slots.acquire().then(() => order.push("b"))];
    slots.release();
    await a;
    slots.release();
    await b;
    expect(order).toEqual(["a", "b"]);
    expect(slots.taken).toBe(1);
  });

  it("takes nothing for a waiter whose signal aborts", async () => {
    const slots = new Slots(1);
    slots.tryAcquire();
    const stop = new AbortController();
    const waiting = slots.acquire(stop.signal);
    stop.abort();
    expect(await waiting).toBe(false);
    slots.release();
    expect(slots.free).toBe(1);
    expect(await slots.acquire(stop.signal)).toBe(false);
  });

  it("serves waiters when it grows, and none when it shrank below what is taken", async () => {
    const slots = new Slots(2);
    slots.tryAcquire();
    slots.tryAcquire();
    slots.resize(1);
    expect(slots.free).toBe(-1);
    const waiting = slots.acquire();
    slots.release();
    expect(slots.taken).toBe(1);
    slots.resize(2);
    expect(await waiting).toBe(true);
  });
});
