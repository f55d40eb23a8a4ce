import { randomUUID } from "node:crypto";
import { asError, type Logger } from "@q/kernel";
import type { Connection } from "../connection/connection.ts";
import { Consumer } from "../consumer.ts";
import type { Delivery } from "../contracts.ts";
import { type NodeReply, parseReply } from "./control-message.ts";
import type { Pidbox } from "./pidbox.ts";

/** What a {@link ReplyInbox} works with. */
export interface ReplyInboxOptions {
  readonly connection: () => Promise<Connection>;
  readonly logger: Logger;
}

interface OpenInbox {
  readonly consumer: Consumer;
  readonly queue: string;
}

/**
 * Where a client hears answers: a queue of its own that is there while calls are under way, and goes with the last one.
 * Calls are told apart by their tickets.
 */
export class ReplyInbox {
  readonly #pidbox: Pidbox;
  readonly #options: ReplyInboxOptions;
  readonly #calls = new Map<string, (reply: NodeReply) => void>();
  #users = 0;
  #open: Promise<OpenInbox> | undefined;
  /** The closing of former queues, for `close` to wait for. */
  #closing: Promise<void> = Promise.resolve();

  constructor(pidbox: Pidbox, options: ReplyInboxOptions) {
    this.#pidbox = pidbox;
    this.#options = options;
  }

  /** Runs `ask` with the queue's name while answers to `ticket` go to `onReply`. */
  async listen<TResult>(
    ticket: string,
    onReply: (reply: NodeReply) => void,
    ask: (queue: string) => Promise<TResult>,
  ): Promise<TResult> {
    this.#users++;
    this.#calls.set(ticket, onReply);
    try {
      this.#open ??= this.#start();
      return await ask((await this.#open).queue);
    } finally {
      this.#calls.delete(ticket);
      this.#users--;
      if (this.#users === 0) this.#stop();
    }
  }

  /** Resolves when nothing of it is left on the broker. */
  close(): Promise<void> {
    this.#stop();
    return this.#closing;
  }

  async #start(): Promise<OpenInbox> {
    const { connection, logger } = this.#options;
    const { clock } = this.#pidbox.options;
    const queue = this.#pidbox.replyQueue(randomUUID());
    const consumer = new Consumer(await connection(), {
      queues: [queue],
      noAck: true,
      onBatch: (deliveries) => {
        for (const delivery of deliveries) void this.#receive(delivery);
      },
      retryOnStartup: false,
      logger,
      clock,
    });
    await consumer.start();
    return { consumer, queue: queue.name };
  }

  #stop(): void {
    const opening = this.#open;
    this.#open = undefined;
    if (opening === undefined) return;
    const stopped = opening.then(
      ({ consumer }) => consumer.stop(),
      // Who asked has been told.
      () => {},
    );
    this.#closing = Promise.all([this.#closing, stopped]).then(() => {});
  }

  async #receive(delivery: Delivery): Promise<void> {
    try {
      if (delivery.malformed) throw delivery.malformed;
      const { message } = delivery;
      const { ticket, clock } = message.headers;
      this.#pidbox.options.logicalClock.adjust(clock);
      const onReply = typeof ticket === "string" ? this.#calls.get(ticket) : undefined;
      // Decoding takes a turn; an answer after the end of its call is dropped here or there.
      if (onReply) onReply(parseReply(await this.#pidbox.open(message)));
    } catch (thrown) {
      this.#options.logger.warn({ err: asError(thrown) }, "an answer to a command could not be read");
    }
  }
}
