import { asError, type Logger } from "@q/kernel";
import type { Delivery } from "../contracts.ts";
import { Exchange } from "../entities/exchange.ts";
import type { Producer } from "../producer.ts";
import { type ControlRequest, parseRequest, type ReplyTo } from "./control-message.ts";
import { matchesName } from "./name-match.ts";
import type { Pidbox } from "./pidbox.ts";

/** What a node does with a command. */
export interface PidboxNodeOptions {
  readonly name: string;
  readonly producer: Producer;
  /** The answer, or `undefined` for none at all. What it throws is answered by `onError`. */
  readonly handle: (method: string, args: Readonly<Record<string, unknown>>) => unknown;
  /** The answer that tells of an error. Nobody else tells of it. */
  readonly onError: (error: Error, request: ControlRequest) => unknown;
  readonly logger: Logger;
}

/** An answer goes when the client that asked has died: lists of Python's clients, too. */
const REPLY_EXPIRY_MS = 60_000;

/** Exchanges that replies were sent to; more than a few means that somebody makes names up. */
const MAX_EXCHANGES = 100;

/**
 * One node of a mailbox: hears every command, obeys those that mean it, and answers when asked to. What cannot be read
 * is logged and left; an answer that nobody waits for any more is dropped.
 *
 * @see kombu/pidbox.py, class Node
 */
export class PidboxNode {
  readonly #pidbox: Pidbox;
  readonly #options: PidboxNodeOptions;
  readonly #exchanges = new Map<string, Exchange>();

  constructor(pidbox: Pidbox, options: PidboxNodeOptions) {
    this.#pidbox = pidbox;
    this.#options = options;
  }

  /** Settles when the command was obeyed and its answer sent, whatever came of it. */
  async receive(delivery: Delivery): Promise<void> {
    const { logger } = this.#options;
    let request: ControlRequest;
    try {
      if (delivery.malformed) throw delivery.malformed;
      request = parseRequest(await this.#pidbox.open(delivery.message));
      this.#pidbox.options.logicalClock.adjust(delivery.message.headers["clock"]);
      if (!this.#isMeant(request)) return;
    } catch (thrown) {
      return logger.warn({ err: asError(thrown) }, "a command could not be read");
    }
    const answer = await this.#obey(request);
    if (answer !== undefined && request.replyTo) await this.#reply(answer, request.replyTo, request.ticket);
  }

  #isMeant({ destination, pattern, matcher }: ControlRequest): boolean {
    const { name } = this.#options;
    if (destination) return destination.includes(name);
    return pattern === undefined || matcher === undefined || matchesName(name, pattern, matcher);
  }

  async #obey(request: ControlRequest): Promise<unknown> {
    const { handle, onError, logger } = this.#options;
    const { method } = request;
    try {
      logger.debug({ method }, "command received");
      return await handle(method, request.arguments);
    } catch (thrown) {
      return onError(asError(thrown), request);
    }
  }

  async #reply(answer: unknown, to: ReplyTo, ticket: unknown): Promise<void> {
    const { name, producer, logger } = this.#options;
    try {
      const headers = { ticket: ticket ?? null, clock: this.#pidbox.options.logicalClock.forward() };
      const message = await this.#pidbox.message({ [name]: answer }, { headers, deliveryMode: 1 });
      await producer.publish(
        message,
        { ...to, queueExpiryMs: REPLY_EXPIRY_MS },
        to.exchange === "" ? {} : { declare: [this.#exchange(to.exchange)] },
      );
    } catch (thrown) {
      // Who asked may have gone away in the meantime, and its queue with it.
      logger.info({ err: asError(thrown), ticket }, "an answer to a command could not be delivered");
    }
  }

  /** One object per name: a producer declares each object once. */
  #exchange(name: string): Exchange {
    const found = this.#exchanges.get(name) ?? new Exchange(name, { durable: false, deliveryMode: 1 });
    if (this.#exchanges.size < MAX_EXCHANGES) this.#exchanges.set(name, found);
    return found;
  }
}
