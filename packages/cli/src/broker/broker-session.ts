import type { App } from "@q/core";
import {
  Binding,
  type Channel,
  type Delivery,
  Exchange,
  type ExchangeType,
  type Producer,
  Queue,
} from "@q/messaging";
import { UsageError } from "../errors.ts";

/** How long `basic.get` waits for a message that is said to be there. */
const GET_WITHIN_MS = 2000;

/** A command of the broker shell. */
export interface BrokerCommand {
  /** Its arguments, those in brackets optional. */
  readonly usage: string;
  readonly describe: string;
  readonly run: (session: BrokerSession, args: readonly string[]) => Promise<unknown>;
}

/** One connection to the broker and a channel on it, with the deliveries that were fetched and not yet acknowledged. */
export class BrokerSession implements AsyncDisposable {
  readonly channel: Channel;
  /** Publishes. */
  readonly producer: Producer;
  readonly #held = new Map<string, Delivery>();

  private constructor(channel: Channel, producer: Producer) {
    this.channel = channel;
    this.producer = producer;
  }

  static async open(app: App): Promise<BrokerSession> {
    const connection = await (await app.connectionForWrite()).connect();
    return new BrokerSession(await connection.openChannel(), await app.producer());
  }

  /** The next message, which is held until {@link ack} or the end; `undefined` when there is none. */
  async get(queue: string, noAck: boolean): Promise<Delivery | undefined> {
    if ((await this.channel.queueInfo(queue)).messages === 0) return undefined;
    const stop = new AbortController();
    const timer = setTimeout(() => stop.abort(), GET_WITHIN_MS);
    let found: Delivery | undefined;
    try {
      for await (const batch of this.channel.consume([queue], {
        prefetch: this.#held.size + 1,
        signal: stop.signal,
      })) {
        found = batch[0];
        for (const surplus of batch.slice(1)) this.channel.settle(surplus, "requeue");
        break;
      }
    } finally {
      clearTimeout(timer);
    }
    if (found === undefined) return undefined;
    if (noAck) this.channel.settle(found, "ack");
    else this.#held.set(found.tag, found);
    await this.channel.flush();
    return found;
  }

  /** @throws {UsageError} when no such message is held */
  async ack(tag: string): Promise<void> {
    const delivery = this.#held.get(tag);
    if (delivery === undefined) throw new UsageError(`no message with the delivery tag ${tag} is held`);
    this.#held.delete(tag);
    this.channel.settle(delivery, "ack");
    await this.channel.flush();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.channel[Symbol.asyncDispose]();
  }
}

/**
 * The commands by their name.
 *
 * @see celery/bin/amqp.py, whose commands and order of arguments these are
 */
export const BROKER_COMMANDS: Readonly<Record<string, BrokerCommand>> = {
  "exchange.declare": {
    usage: "<exchange> <type> [passive] [durable] [auto_delete]",
    describe: "create an exchange: direct, topic, fanout or headers",
    run: async ({ channel }, [name = "", type = "direct", passive, durable, autoDelete]) => {
      const exchange = new Exchange(name, {
        type: type as ExchangeType,
        durable: flag(durable, true),
        autoDelete: flag(autoDelete, false),
      });
      // An existing one is used as it is in any case.
      if (!flag(passive, false)) await channel.declare(exchange);
      return "ok.";
    },
  },
  "exchange.delete": {
    usage: "<exchange>",
    describe: "remove an exchange",
    run: async ({ channel }, [name = ""]) => {
      await channel.delete(new Exchange(name));
      return "ok.";
    },
  },
  "queue.bind": {
    usage: "<queue> <exchange> [routing_key]",
    describe: "send messages of an exchange to a queue",
    run: async ({ channel }, [queue = "", exchange = "", routingKey = ""]) => {
      await channel.declare(new Binding(queue, new Exchange(exchange), { routingKey }));
      return "ok.";
    },
  },
  "queue.declare": {
    usage: "<queue> [passive] [durable] [auto_delete]",
    describe: "create a queue, and tell what it holds",
    run: async ({ channel }, [name = "", passive, durable, autoDelete]) => {
      const queue = new Queue(name, { durable: flag(durable, true), autoDelete: flag(autoDelete, false) });
      if (!flag(passive, false)) await channel.declare(queue);
      const { messages, consumers } = await channel.queueInfo(name);
      return { queue: name, messages, consumers: consumers ?? null };
    },
  },
  "queue.delete": {
    usage: "<queue> [if_empty]",
    describe: "remove a queue with its messages",
    run: async ({ channel }, [name = "", ifEmpty]) => {
      const { messages } = await channel.queueInfo(name);
      if (messages > 0 && flag(ifEmpty, false))
        throw new UsageError(`queue ${name} holds ${messages} messages`);
      await channel.delete(new Queue(name));
      return { deleted: messages };
    },
  },
  "queue.purge": {
    usage: "<queue>",
    describe: "remove the waiting messages of a queue",
    run: async ({ channel }, [name = ""]) => ({ deleted: await channel.purge(name) }),
  },
  "basic.get": {
    usage: "<queue> [no_ack]",
    describe: "fetch a message; it goes back at the end unless it is acknowledged",
    run: async (session, [queue = "", noAck]) => {
      const delivery = await session.get(queue, flag(noAck, false));
      if (delivery === undefined) return "No messages in queue. basic.publish something.";
      const { message, tag, exchange, routingKey, redelivered } = delivery;
      const { headers, properties, contentType } = message;
      const info = { delivery_tag: tag, exchange, routing_key: routingKey, redelivered };
      return {
        body: message.body.toString(),
        content_type: contentType,
        headers,
        properties,
        delivery_info: info,
      };
    },
  },
  "basic.publish": {
    usage: "<message> <exchange> [routing_key]",
    describe: 'send text; the exchange "" is the queue named by the routing key',
    run: async ({ producer }, [text = "", exchange = "", routingKey = ""]) => {
      const body = Buffer.from(text);
      const properties = { deliveryMode: 2 as const };
      await producer.publish(
        { body, contentType: "text/plain", contentEncoding: "utf-8", headers: {}, properties },
        { exchange, routingKey },
      );
      return "ok.";
    },
  },
  "basic.ack": {
    usage: "<delivery_tag>",
    describe: "acknowledge a message that was fetched",
    run: async (session, [tag = ""]) => {
      await session.ack(tag);
      return "ok.";
    },
  },
};

/** Runs a command of the table. @throws {UsageError} for an unknown one or too few arguments */
export async function runBrokerCommand(
  session: BrokerSession,
  [name = "", ...args]: readonly string[],
): Promise<unknown> {
  const command = Object.hasOwn(BROKER_COMMANDS, name) ? BROKER_COMMANDS[name] : undefined;
  if (command === undefined) throw new UsageError(`there is no command "${name}". Type help for the list.`);
  const words = command.usage.split(" ");
  const required = words.filter((word) => word.startsWith("<")).length;
  if (args.length < required || args.length > words.length)
    throw new UsageError(`usage: ${name} ${command.usage}`);
  return command.run(session, args);
}

function flag(text: string | undefined, fallback: boolean): boolean {
  if (text === undefined) return fallback;
  if (/^(1|true|yes|on)$/i.test(text)) return true;
  if (/^(0|false|no|off)$/i.test(text)) return false;
  throw new UsageError(`"${text}" is neither yes nor no`);
}
