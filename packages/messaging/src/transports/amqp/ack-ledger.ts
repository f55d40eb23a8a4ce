import type { Settlement } from "../../contracts.ts";

/** Where the ledger writes; the order of the calls is the order on the wire. */
export interface SettlementWriter {
  /** With `multiple` all outstanding deliveries up to and including `tag`. */
  ack(tag: number, multiple: boolean): void;
  nack(tag: number, requeue: boolean): void;
}

const outstanding = 0;
const acked = 1;
const settled = 2;

/**
 * Delivery tags of one channel from delivery to settlement, written in as few frames as their order allows.
 *
 * Each tag is *outstanding*, then *acked* (or waiting to be rejected) and not yet written, then *settled*. Acks that
 * leave no gap at the low end travel as one frame with `multiple`; those behind a gap, one by one.
 */
export class AckLedger {
  readonly #writer: SettlementWriter;
  /** State of tag `#base + index`; the lowest tags are dropped as they become settled. */
  #states: number[] = [];
  #base = 1;
  #outstanding = 0;
  #acks: number[] = [];
  #rejects: { readonly tag: number; readonly requeue: boolean }[] = [];

  constructor(writer: SettlementWriter) {
    this.#writer = writer;
  }

  /** Deliveries that nobody has settled. */
  get outstanding(): number {
    return this.#outstanding;
  }

  /** Settlements that {@link write} has not written yet. */
  get unwritten(): number {
    return this.#acks.length + this.#rejects.length;
  }

  /** Enters a delivery. Tags must grow; those left out need no settlement. */
  delivered(tag: number): void {
    if (this.#states.length === 0) this.#base = tag;
    while (this.#base + this.#states.length < tag) this.#states.push(settled);
    this.#states.push(outstanding);
    this.#outstanding++;
  }

  /** False, and nothing done, when the delivery is settled already or was never entered. */
  settle(tag: number, how: Settlement): boolean {
    const index = tag - this.#base;
    if (this.#states[index] !== outstanding) return false;
    this.#outstanding--;
    if (how === "ack") {
      this.#states[index] = acked;
      this.#acks.push(tag);
    } else {
      this.#states[index] = settled;
      this.#rejects.push({ tag, requeue: how !== "reject" });
    }
    return true;
  }

  /** Writes what was settled since the last call. */
  write(): void {
    // First, because an ack with `multiple` would cover rejected tags that the broker still counts as outstanding.
    const rejects = this.#rejects;
    this.#rejects = [];
    for (const { tag, requeue } of rejects) this.#writer.nack(tag, requeue);
    if (this.#acks.length === 0) return;
    const acks = this.#acks;
    this.#acks = [];
    const gap = this.#firstOutstanding();
    this.#ackPrefix(acks, gap);
    for (const tag of acks) {
      if (tag < gap) continue;
      this.#states[tag - this.#base] = settled;
      this.#writer.ack(tag, false);
    }
    this.#drop(gap);
  }

  #firstOutstanding(): number {
    let index = 0;
    while (index < this.#states.length && this.#states[index] !== outstanding) index++;
    return this.#base + index;
  }

  #ackPrefix(acks: readonly number[], gap: number): void {
    let count = 0;
    let highest = 0;
    for (const tag of acks) {
      if (tag >= gap) continue;
      count++;
      if (tag > highest) highest = tag;
    }
    if (count > 0) this.#writer.ack(highest, count > 1);
  }

  #drop(gap: number): void {
    const count = gap - this.#base;
    if (count === this.#states.length) this.#states = [];
    else if (count > 0) this.#states.splice(0, count);
    this.#base = gap;
  }
}
