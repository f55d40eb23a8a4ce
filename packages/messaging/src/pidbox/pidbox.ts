import type { Clock } from "@q/kernel";
import type { WireMessage } from "../contracts.ts";
import { Exchange } from "../entities/exchange.ts";
import { Queue } from "../entities/queue.ts";
import type { BodyCodec } from "../serializers/body-codec.ts";

/** Orders messages of a fleet by cause: counts on before one is sent, and past the count of one that came. */
export interface LogicalClock {
  forward(): number;
  adjust(other: unknown): number;
}

/** Options of a {@link Pidbox}. */
export interface PidboxOptions {
  /** Prefix of its exchanges; programs of one fleet agree on it. Celery's setting `control_exchange`. */
  readonly namespace: string;
  /** Decodes what is on its accept list, and encodes. */
  readonly codec: BodyCodec;
  readonly serializer: string;
  readonly logicalClock: LogicalClock;
  readonly clock: Clock;
  /** Seconds that a command or reply lives; `null` for ever. */
  readonly queueTtl: number | null;
  /** Seconds after which a queue that nobody uses goes; `null` never. */
  readonly queueExpires: number | null;
  readonly queueDurable: boolean;
  readonly queueExclusive: boolean;
}

/**
 * The mailbox of a fleet: every node hears what is published to its exchange, on every transport with fanout. This
 * class knows its names and forms; `PidboxNode` hears and answers, `PidboxClient` asks.
 *
 * @see kombu/pidbox.py, class Mailbox
 */
export class Pidbox {
  readonly options: PidboxOptions;
  /** Every node's queue is bound to it. */
  readonly exchange: Exchange;

  constructor(options: PidboxOptions) {
    this.options = options;
    this.exchange = new Exchange(`${options.namespace}.pidbox`, { type: "fanout", durable: false });
  }

  /** The queue of one node. `id` tells nodes apart that were given one name: each hears every command. */
  nodeQueue(node: string, id: string): Queue {
    return new Queue(`${node}.${id}.${this.options.namespace}.pidbox`, {
      exchange: this.exchange,
      routingKey: "",
      ...this.#lifetime(),
    });
  }

  /** The queue on which a client waits; reached through the default exchange, so no binding outlives the client. */
  replyQueue(id: string): Queue {
    return new Queue(`${id}.reply.${this.options.namespace}.pidbox`, this.#lifetime());
  }

  /** A message for the mailbox, or an answer from it. */
  async message(
    body: unknown,
    about: { readonly headers: Readonly<Record<string, unknown>>; readonly deliveryMode: 1 | 2 },
  ): Promise<WireMessage> {
    const { codec, serializer } = this.options;
    const { headers, deliveryMode } = about;
    return codec.encodeMessage(body, { serializer, headers, properties: { deliveryMode } });
  }

  /** The body of a message that came. @throws as `BodyCodec.decode` */
  open(message: WireMessage): Promise<unknown> {
    return this.options.codec.decodeMessage(message);
  }

  #lifetime(): ConstructorParameters<typeof Queue>[1] {
    const { queueTtl, queueExpires, queueDurable, queueExclusive } = this.options;
    return {
      durable: queueDurable,
      exclusive: queueExclusive && !queueDurable,
      autoDelete: !queueDurable,
      noAck: true,
      ...(queueTtl !== null && { messageTtl: queueTtl }),
      ...(queueExpires !== null && { expires: queueExpires }),
    };
  }
}
