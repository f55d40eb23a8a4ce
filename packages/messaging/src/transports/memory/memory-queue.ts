import type { WireMessage } from "../../contracts.ts";
import { defaultPrioritySteps } from "../virtual/priority.ts";
import type { WakeUp } from "../virtual/wake-up.ts";

/** A message as it waits in a queue of the memory broker. */
export interface MemoryEntry {
  readonly message: WireMessage;
  readonly exchange: string;
  readonly routingKey: string;
  /** Grows with every message of the broker: the order of publishing. */
  readonly sequence: number;
  /** One of the priority steps. */
  readonly step: number;
  readonly deliveries: number;
  /** Milliseconds since 1970; `Infinity` for never. */
  readonly expiresAtMs: number;
}

/** How a queue of the memory broker was declared. */
export interface MemoryQueueOptions {
  readonly name: string;
  readonly arguments: Readonly<Record<string, unknown>>;
  readonly autoDelete: boolean;
  /** The connection that declared it, for an exclusive queue: it goes with that connection. */
  readonly exclusiveTo: object | undefined;
}

/** A queue of the memory broker: one first-in first-out line per priority step. */
export class MemoryQueue {
  readonly options: MemoryQueueOptions;
  /** One per running `consume` that reads this queue. */
  readonly consumers: Set<WakeUp> = new Set<WakeUp>();
  readonly #lines = new Map(defaultPrioritySteps.map((step) => [step, new Line()]));

  constructor(options: MemoryQueueOptions) {
    this.options = options;
  }

  get size(): number {
    return [...this.#lines.values()].reduce((sum, line) => sum + line.size, 0);
  }

  /** Puts an entry where its age belongs: a new one at the end, one that is given back before all younger ones. */
  put(entry: MemoryEntry): void {
    this.#lines.get(entry.step)?.insert(entry);
    for (const wake of this.consumers) wake.notify();
  }

  /** The oldest entry of a priority step. */
  take(step: number): MemoryEntry | undefined {
    return this.#lines.get(step)?.take();
  }

  /** Takes out and returns every entry for which `matches`. */
  extract(matches: (entry: MemoryEntry) => boolean): MemoryEntry[] {
    return [...this.#lines.values()].flatMap((line) => line.extract(matches));
  }

  /** When the next of its messages expires, milliseconds since 1970; `Infinity` for never. */
  nextExpiryMs(): number {
    let next = Infinity;
    for (const line of this.#lines.values())
      for (const entry of line.waiting()) next = Math.min(next, entry.expiresAtMs);
    return next;
  }
}

/** Entries in the order of their sequence numbers. */
class Line {
  #entries: MemoryEntry[] = [];
  // What is before it is taken: an index moves faster than the whole array.
  #head = 0;

  get size(): number {
    return this.#entries.length - this.#head;
  }

  waiting(): MemoryEntry[] {
    return this.#entries.slice(this.#head);
  }

  insert(entry: MemoryEntry): void {
    const last = this.#entries.at(-1);
    if (this.size === 0 || (last !== undefined && last.sequence < entry.sequence)) {
      this.#entries.push(entry);
      return;
    }
    let at = this.#head;
    while (this.#sequenceAt(at) < entry.sequence) at++;
    // Nearly always the place just before the head, which is free: it was taken from there.
    if (at === this.#head && at > 0) this.#entries[--this.#head] = entry;
    else this.#entries.splice(at, 0, entry);
  }

  take(): MemoryEntry | undefined {
    if (this.size === 0) return undefined;
    const entry = this.#entries[this.#head++];
    if (this.#head > 1024 && this.#head * 2 > this.#entries.length) {
      this.#entries = this.waiting();
      this.#head = 0;
    }
    return entry;
  }

  extract(matches: (entry: MemoryEntry) => boolean): MemoryEntry[] {
    const found: MemoryEntry[] = [];
    const kept: MemoryEntry[] = [];
    for (const entry of this.waiting()) (matches(entry) ? found : kept).push(entry);
    this.#entries = kept;
    this.#head = 0;
    return found;
  }

  #sequenceAt(index: number): number {
    return this.#entries[index]?.sequence ?? Infinity;
  }
}
