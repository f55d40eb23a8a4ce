import { describe, expect, it } from "vitest";
import { Mailbox } from "./mailbox.ts";

describe("Mailbox", () => {
  it("hands items out in order, those put back first", async () => {
    const mailbox = new Mailbox<number>();
    mailbox.put(1);
    mailbox.put(2);
    const first = await mailbox.take();
    mailbox.putBack(first as number);
    expect([await mailbox.take(), await mailbox.take()]).toEqual([1, 2]);
    expect(mailbox.takeNow()).toBeUndefined();
  });

  it("wakes the taker that waits longest", async () => {
    const mailbox = new Mailbox<string>();
    const [a, b] = [mailbox.take(), mailbox.take()];
    mailbox.put("first");
    mailbox.putBack("second");
    expect(await Promise.all([a, b])).toEqual(["first", "second"]);
  });

  it("gives nothing to a taker whose signal aborts, and keeps the item", async () => {
    const mailbox = new Mailbox<number>();
    const stop = new AbortController();
    const waiting = mailbox.take(stop.signal);
    stop.abort();
    mailbox.put(1);
    expect(await waiting).toBeUndefined();
    expect(await mailbox.take(stop.signal)).toBeUndefined();
    expect(mailbox.size).toBe(1);
  });

  it("keeps order and size over many items", () => {
    const mailbox = new Mailbox<number>();
    for (let item = 0; item < 5000; item++) mailbox.put(item);
    for (let item = 0; item < 3000; item++) expect(mailbox.takeNow()).toBe(item);
    expect(mailbox.size).toBe(2000);
    mailbox.putBack(-1);
    expect(mailbox.takeNow()).toBe(-1);
    expect(mailbox.takeNow()).toBe(3000);
  });
});
