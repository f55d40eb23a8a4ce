import type { Logger } from "@q/kernel";
import { isShort, LeaseRenewer, type LeaseRenewerOptions } from "./lease-renewer.ts";
import { LeaseSlots } from "./lease-slots.ts";
import type { LeaseThread } from "./lease-thread.ts";

/**
 * Keeps the leases of one connection alive for as long as we hold the messages.
 *
 * States: *unused* until the first message comes, or until something is consumed when leases are short; *threaded*; *inline* when no thread can run, which works until the
 * event loop is blocked for most of the visibility timeout; *closed*.
 */
export class Leases {
  readonly #options: LeaseRenewerOptions;
  readonly #thread: LeaseThread;
  readonly #logger: Logger;
  readonly #slots: LeaseSlots;
  readonly #chunks: SharedArrayBuffer[] = [];
  /** Our renewer in the thread. */
  #id: number | undefined;
  #inline: LeaseRenewer | undefined;
  #isClosed = false;

  constructor(options: LeaseRenewerOptions, thread: LeaseThread, logger: Logger) {
    this.#options = options;
    this.#thread = thread;
    this.#logger = logger;
    this.#slots = new LeaseSlots((chunk) => this.#share(chunk));
  }

  /** Starts renewing before the first message comes when leases are short, and resolves when that runs. */
  async start(): Promise<void> {
    if (!isShort(this.#options)) return;
    this.#open();
    await this.#thread.running;
  }

  /** Keeps a lease from running out; returns what {@link release} wants. */
  hold(tag: string): number {
    return this.#slots.hold(tag);
  }

  release(slot: number): void {
    this.#slots.release(slot);
  }

  /** `isOrderly` is false when the connection is lost and another is likely to follow. */
  async close(isOrderly: boolean): Promise<void> {
    this.#isClosed = true;
    this.#inline?.close();
    if (this.#id !== undefined) await this.#thread.close(this.#id, isOrderly);
  }

  #open(): void {
    if (this.#isClosed || this.#id !== undefined || this.#inline !== undefined) return;
    this.#id = this.#thread.open(this.#options, {
      onError: (reason) => this.#warn(reason),
      onEnd: (error) => this.#goInline(error),
    });
  }

  #share(chunk: SharedArrayBuffer): void {
    this.#open();
    this.#chunks.push(chunk);
    if (this.#id !== undefined) this.#thread.share(this.#id, chunk);
    this.#inline?.add(chunk);
  }

  #goInline(error: Error): void {
    if (this.#isClosed) return;
    this.#logger.warn(
      { code: "ERR_Q_LEASE_THREAD", err: error },
      "the thread that renews leases cannot run; a task that blocks the event loop may run twice",
    );
    this.#id = undefined;
    this.#inline = new LeaseRenewer(this.#options, (failure) => this.#warn(failure.message));
    this.#inline.unref();
    for (const chunk of this.#chunks) this.#inline.add(chunk);
  }

  #warn(reason: string): void {
    if (this.#isClosed) return;
    this.#logger.warn(
      { code: "ERR_Q_LEASE_RENEWAL", reason },
      "leases of messages could not be renewed; trying again",
    );
  }
}
