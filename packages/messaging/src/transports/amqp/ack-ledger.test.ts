import { describe, expect, it } from "vitest";
import { AckLedger } from "./ack-ledger.ts";

/** A ledger with deliveries 1..count and the frames that it has written. */
function ledgerOf(count: number): { ledger: AckLedger; frames: string[] } {
  const frames: string[] = [];
  const ledger = new AckLedger({
    ack: (tag, multiple) => frames.push(`ack ${multiple ? "..." : ""}${tag}`),
    nack: (tag, requeue) => frames.push(`${requeue ? "requeue" : "reject"} ${tag}`),
  });
  for (let tag = 1; tag <= count; tag++) ledger.delivered(tag);
  return { ledger, frames };
}

function ack(ledger: AckLedger, ...tags: readonly number[]): void {
  for (const tag of tags) ledger.settle(tag, "ack");
  ledger.write();
}

describe("AckLedger", () => {
  it("acknowledges deliveries without a gap in one frame, in whatever order they were settled", () => {
    const { ledger, frames } = ledgerOf(5);
    ack(ledger, 3, 1, 2);
    expect(frames).toEqual(["ack ...3"]);
  });

  it("acknowledges one by one behind a gap, and together again when the gap closes", () => {
    const { ledger, frames } = ledgerOf(6);
    ack(ledger, 3, 4);
    ack(ledger, 1, 2, 5);
    expect(frames).toEqual(["ack 3", "ack 4", "ack ...5"]);
    expect(ledger.outstanding).toBe(1);
  });

  it("does not write a multiple acknowledgement for a single delivery", () => {
    const { ledger, frames } = ledgerOf(3);
    ack(ledger, 1);
    ack(ledger, 2);
    expect(frames).toEqual(["ack 1", "ack 2"]);
  });

  it("writes rejections before an acknowledgement that would cover them", () => {
    const { ledger, frames } = ledgerOf(4);
    ledger.settle(1, "ack");
    ledger.settle(2, "reject");
    ledger.settle(3, "requeue");
    ledger.settle(4, "ack");
    ledger.write();
    expect(frames).toEqual(["reject 2", "requeue 3", "ack ...4"]);
  });

  it("ignores the second settlement and unknown tags", () => {
    const { ledger, frames } = ledgerOf(2);
    expect([ledger.settle(1, "reject"), ledger.settle(1, "ack"), ledger.settle(3, "ack")]).toEqual([
      true,
      false,
      false,
    ]);
    ledger.write();
    expect(ledger.settle(1, "requeue")).toBe(false);
    expect(frames).toEqual(["reject 1"]);
  });

  it("skips tags that need no settlement", () => {
    const { ledger, frames } = ledgerOf(1);
    ledger.delivered(5);
    ack(ledger, 5);
    ack(ledger, 1);
    expect(frames).toEqual(["ack 5", "ack 1"]);
    expect(ledger.outstanding).toBe(0);
  });

  it("never acknowledges what nobody has acknowledged, over random settlements", () => {
    const random = seeded(7);
    const settled = new Map<number, string>();
    const outstanding = new Set<number>();
    const ledger = new AckLedger({
      ack: (tag, multiple) => {
        const covered = multiple ? [...outstanding].filter((other) => other <= tag) : [tag];
        for (const one of covered) {
          expect(settled.get(one)).toBe("ack");
          expect(outstanding.delete(one)).toBe(true);
        }
      },
      nack: (tag, requeue) => {
        expect(settled.get(tag)).toBe(requeue ? "requeue" : "reject");
        expect(outstanding.delete(tag)).toBe(true);
      },
    });
    let next = 1;
    for (let step = 0; step < 20_000; step++) {
      const choice = random();
      if (choice < 0.45) {
        outstanding.add(next);
        ledger.delivered(next++);
      } else if (choice < 0.9) {
        const tag = Math.max(1, next - 1 - Math.floor(random() * 60));
        const how = random() < 0.8 ? "ack" : random() < 0.5 ? "reject" : "requeue";
        if (ledger.settle(tag, how)) settled.set(tag, how);
      } else ledger.write();
    }
    for (let tag = 1; tag < next; tag++) if (ledger.settle(tag, "ack")) settled.set(tag, "ack");
    ledger.write();
    expect([ledger.outstanding, ledger.unwritten, outstanding.size]).toEqual([0, 0, 0]);
  });
});

/** A small generator of numbers in [0, 1): the same for the same seed. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
}
