import { Binding } from "./binding.ts";
import { Exchange } from "./exchange.ts";

/** Options of a {@link Queue}. */
export interface QueueOptions {
  /** Exchange it is bound to; default the broker's default exchange, which needs no binding. */
  readonly exchange?: Exchange;
  /** Default the queue's name; none for a fanout exchange. */
  readonly routingKey?: string;
  /** Further bindings. */
  readonly bindings?: readonly { readonly exchange: Exchange; readonly routingKey?: string }[];
  /** Default true. */
  readonly durable?: boolean;
  readonly exclusive?: boolean;
  readonly autoDelete?: boolean;
  /** Consumers of this queue do not acknowledge. */
  readonly noAck?: boolean;
  /** Seconds without use after which the broker removes the queue (`x-expires`). */
  readonly expires?: number;
  /** Seconds after which an undelivered message is dropped (`x-message-ttl`). */
  readonly messageTtl?: number;
  /** Most messages it holds (`x-max-length`). */
  readonly maxLength?: number;
  /** Most bytes it holds (`x-max-length-bytes`). */
  readonly maxLengthBytes?: number;
  /** Number of priority levels on RabbitMQ (`x-max-priority`). */
  readonly maxPriority?: number;
  /** Further arguments for the broker. */
  readonly arguments?: Readonly<Record<string, unknown>>;
  /** Arguments of its consumers, such as `x-priority`. */
  readonly consumerArguments?: Readonly<Record<string, unknown>>;
  /** Arguments of its own binding, for headers exchanges. */
  readonly bindingArguments?: Readonly<Record<string, unknown>>;
  /** Never declared by us. Default false. */
  readonly noDeclare?: boolean;
}

/** The broker's default exchange: it delivers to the queue named by the routing key. */
export const defaultExchange: Exchange = new Exchange("");

/** A queue to be declared on a broker, with its bindings. */
export class Queue {
  readonly kind = "queue";
  readonly name: string;
  readonly exchange: Exchange;
  readonly routingKey: string;
  /** Its own binding first, then the further ones; none for the default exchange. */
  readonly bindings: readonly Binding[];
  readonly durable: boolean;
  readonly exclusive: boolean;
  readonly autoDelete: boolean;
  readonly noAck: boolean;
  /** Everything the broker is told, the named limits included under their `x-` names. */
  readonly arguments: Readonly<Record<string, unknown>>;
  readonly consumerArguments: Readonly<Record<string, unknown>>;
  readonly noDeclare: boolean;

  constructor(name: string, options: QueueOptions = {}) {
    this.name = name;
    this.exchange = options.exchange ?? defaultExchange;
    const keyFor = ({ type }: Exchange): string => (type === "fanout" ? "" : name);
    this.routingKey = options.routingKey ?? keyFor(this.exchange);
    const own = new Binding(name, this.exchange, {
      routingKey: this.routingKey,
      ...(options.bindingArguments && { arguments: options.bindingArguments }),
    });
    const further = (options.bindings ?? []).map(
      (b) => new Binding(name, b.exchange, { routingKey: b.routingKey ?? keyFor(b.exchange) }),
    );
    this.bindings = [own, ...further].filter((binding) => binding.exchange.name !== "");
    this.durable = options.durable ?? true;
    this.exclusive = options.exclusive ?? false;
    this.autoDelete = options.autoDelete ?? options.exclusive ?? false;
    this.noAck = options.noAck ?? false;
    this.arguments = { ...options.arguments, ...limitArguments(options) };
    this.consumerArguments = options.consumerArguments ?? {};
    this.noDeclare = options.noDeclare ?? false;
  }
}

/** @see wire: AMQP queue arguments; times travel in milliseconds */
function limitArguments(options: QueueOptions): Record<string, unknown> {
  const found: [string, number | undefined][] = [
    ["x-expires", options.expires === undefined ? undefined : Math.round(options.expires * 1000)],
    ["x-message-ttl", options.messageTtl === undefined ? undefined : Math.round(options.messageTtl * 1000)],
    ["x-max-length", options.maxLength],
    ["x-max-length-bytes", options.maxLengthBytes],
    ["x-max-priority", options.maxPriority],
  ];
  return Object.fromEntries(found.filter(([, value]) => value !== undefined));
}
