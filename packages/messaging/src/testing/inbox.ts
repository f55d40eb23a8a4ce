import assert from "node:assert/strict";
import type { Channel, Delivery, Settlement } from "../contracts.ts";

/** Long enough for a loaded machine: a case that waits this long has failed. */
const PATIENCE_MS = 20_000;
/** How long nothing must happen before we believe that nothing will. */
const QUIET_MS = 150;

/** How an {@link Inbox} consumes. */
export interface InboxOptions {
  /** Default 0: no limit. */
  readonly prefetch?: number;
  readonly noAck?: boolean;
  /** Settles every delivery so, as it comes. Default: leaves them unsettled. */
  readonly settle?: Settlement;
}

/** Consumes in the background and keeps what comes, in order. */
export class Inbox implements AsyncDisposable {
  readonly deliveries: Delivery[] = [];
  readonly #stop = new AbortController();
  readonly #end: Promise<unknown>;
  #failure: unknown;
  #arrived: () => void = () => {};

  constructor(channel: Channel, queues: readonly string[], options: InboxOptions = {}) {
    this.#end = this.#consume(channel, queues, options).catch((error: unknown) => {
      this.#failure = error;
      this.#arrived();
    });
  }

  /** Bodies of what came so far, as text. */
  get bodies(): string[] {
    return this.deliveries.map(({ message }) => message.body.toString());
  }

  /** Resolves with what came as soon as it is at least `count`. */
  async waitFor(count: number): Promise<readonly Delivery[]> {
    const deadline = Date.now() + PATIENCE_MS;
    while (this.deliveries.length < count) {
      if (this.#failure !== undefined) throw this.#failure;
      const leftMs = deadline - Date.now();
      assert.ok(
        leftMs > 0,
        `waited ${PATIENCE_MS} ms for ${count} deliveries, got ${this.deliveries.length}`,
      );
      await this.#nextArrival(leftMs);
    }
    return this.deliveries;
  }

  /** Asserts that what came is `count`, and that no more is coming. */
  async expectOnly(count: number): Promise<void> {
    await this.waitFor(count);
    await quiet();
    assert.equal(this.deliveries.length, count, "deliveries beyond the expected number");
  }

  /** Ends the iteration; rejects when it did not end normally. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#end;
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** Resolves when the iteration has ended by itself, with its error or `undefined`. */
  async ended(): Promise<unknown> {
    await this.#end;
    return this.#failure;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#end;
  }

  async #consume(channel: Channel, queues: readonly string[], options: InboxOptions): Promise<void> {
    const { prefetch = Infinity, noAck = false, settle } = options;
    for await (const batch of channel.consume(queues, { prefetch, noAck, signal: this.#stop.signal })) {
      this.deliveries.push(...batch);
      if (settle !== undefined) for (const delivery of batch) channel.settle(delivery, settle);
      this.#arrived();
    }
  }

  #nextArrival(timeoutMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, timeoutMs);
      this.#arrived = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

/** Waits as long as it takes to believe that nothing more happens. */
export function quiet(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, QUIET_MS));
}

/** Polls `holds` until it is true; rejects with `what` when it does not become true in time. */
export async function eventually(what: string, holds: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS;
  while (!(await holds())) {
    assert.ok(Date.now() < deadline, `waited ${PATIENCE_MS} ms for: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
