import { type Clock, type Logger, Mailbox } from "@q/kernel";
import type { Connection } from "./connection/connection.ts";
import { Consumer } from "./consumer.ts";
import type { Delivery, Settlement, WireMessage } from "./contracts.ts";
import type { Queue } from "./entities/queue.ts";
import { MessageStateError } from "./errors.ts";

/** A message taken from a queue. It is yours until one of its three ends is called, once. */
export class ReceivedMessage {
  readonly delivery: Delivery;
  readonly #consumer: Consumer;
  #state: Settlement | undefined;

  constructor(delivery: Delivery, consumer: Consumer) {
    this.delivery = delivery;
    this.#consumer = consumer;
  }

  /** Body, headers and properties as they came; decode the body with a `BodyCodec`. */
  get message(): WireMessage {
    return this.delivery.message;
  }

  /** How it was ended; `undefined` while it is yours. */
  get state(): Settlement | undefined {
    return this.#state;
  }

  /** Done with it. @throws {MessageStateError} */
  ack(): void {
    this.#settle("ack");
  }

  /** Drops it, or dead-letters it where the queue says so. @throws {MessageStateError} */
  reject(): void {
    this.#settle("reject");
  }

  /** Gives it back to its queue. @throws {MessageStateError} */
  requeue(): void {
    this.#settle("requeue");
  }

  #settle(how: Settlement): void {
    if (this.#state) {
      throw new MessageStateError(
        `The message was already ended by ${this.#state}(). End each message once.`,
      );
    }
    this.#state = how;
    if (this.#consumer.settle(this.delivery, how)) return;
    throw new MessageStateError(
      `The connection over which the message came is gone, so ${how}() has no effect: the broker delivers it again.`,
    );
  }
}

/** Options of {@link consumeMessages}. */
export interface ConsumeMessagesOptions {
  /** Ends the iteration normally. */
  readonly signal?: AbortSignal;
  /** Most messages taken and not yet ended. Default 1: no message waits here while somebody else could take it. */
  readonly prefetch?: number;
  readonly logger?: Logger;
  readonly clock?: Clock;
}

/**
 * The messages of one or several queues, for `for await`. The queues are declared first; a lost connection is made
 * again and the iteration goes on. Leaving the loop gives back what was not ended.
 *
 * @throws the final error when the consumer gives up
 */
export async function* consumeMessages(
  connection: Connection,
  queues: Queue | readonly Queue[],
  options: ConsumeMessagesOptions = {},
): AsyncGenerator<ReceivedMessage, void, undefined> {
  const { signal, prefetch = 1, ...rest } = options;
  const inbox = new Mailbox<ReceivedMessage | Error>();
  const consumer: Consumer = new Consumer(connection, {
    ...rest,
    queues: "kind" in queues ? [queues] : queues,
    prefetch,
    onBatch: (batch) => batch.forEach((delivery) => inbox.put(new ReceivedMessage(delivery, consumer))),
    onGiveUp: (error) => inbox.put(error),
  });
  // Its failure comes through the inbox.
  consumer.start().catch(() => {});
  try {
    for (;;) {
      const next = await inbox.take(signal);
      if (next === undefined) return;
      if (next instanceof Error) throw next;
      yield next;
    }
  } finally {
    await consumer.stop();
  }
}
