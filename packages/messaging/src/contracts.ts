import type { Clock, Logger } from "@q/kernel";
import type { BrokerUrl } from "./connection/broker-url.ts";
import type { Binding } from "./entities/binding.ts";
import type { Exchange } from "./entities/exchange.ts";
import type { Queue } from "./entities/queue.ts";
import type { ConnectionError, MalformedMessageError } from "./errors.ts";

/** Message properties in the sense of AMQP 0-9-1. Absent means "not set"; unknown ones travel along untouched. */
export interface MessageProperties {
  readonly correlationId?: string;
  readonly replyTo?: string;
  /** 1 transient, 2 persistent. */
  readonly deliveryMode?: 1 | 2;
  /** As on the wire: on Redis 0 is the most urgent, on RabbitMQ the highest number is. */
  readonly priority?: number;
  /** Milliseconds, as decimal text. */
  readonly expiration?: string;
  readonly messageId?: string;
  /** Seconds since 1970. */
  readonly timestamp?: number;
  readonly type?: string;
  readonly userId?: string;
  readonly appId?: string;
  /** Further properties under their wire names. */
  readonly [extra: string]: unknown;
}

/** Bytes and headers: what a broker keeps of one message. */
export interface WireMessage {
  readonly body: Buffer;
  readonly contentType: string;
  readonly contentEncoding: string;
  /** Wire names and wire values; `null` is a value of its own. */
  readonly headers: Readonly<Record<string, unknown>>;
  readonly properties: MessageProperties;
}

/** Where a message is published to. The empty exchange delivers to the queue named by the routing key. */
export interface Address {
  readonly exchange: string;
  readonly routingKey: string;
  /**
   * Milliseconds after which a queue at the end goes when nobody takes from it: for queues of others, who may have died,
   * on brokers that do not know who owns a queue. Brokers that do ignore it.
   */
  readonly queueExpiryMs?: number;
}

/** A message handed to one consumer, who owns it until it is settled or its channel closes. */
export interface Delivery {
  readonly message: WireMessage;
  /** Queue it was taken from. */
  readonly queue: string;
  readonly exchange: string;
  readonly routingKey: string;
  /** True when an earlier delivery of this message was not acknowledged. */
  readonly redelivered: boolean;
  /** Earlier deliveries, where the broker counts them. */
  readonly deliveryCount: number | undefined;
  /** The broker's (or, on virtual transports, the producer's) name of this delivery; for logs. */
  readonly tag: string;
  /** Set when the envelope could not be read: `message` then holds the raw bytes as body and nothing else. */
  readonly malformed: MalformedMessageError | undefined;
  /**
   * kombu's envelope as it came, where the transport has one: to hand the message on to another process costs less than
   * writing it anew. Absent from when the consumer asks for the next batch.
   */
  readonly envelope?: string | undefined;
  /** True for an entry that the transport has moved aside by itself: there is nothing left to settle. */
  readonly isParked?: boolean;
}

/**
 * Ends a delivery:
 *
 * - `ack`: it is done with.
 * - `reject`: it is dropped, or goes to the dead-letter exchange.
 * - `requeue`: it goes back to its queue, marked as redelivered.
 * - `return`: it goes back as if it had never been delivered, to where it was taken from. Brokers without
 *   {@link TransportCapabilities.returnsUnmarked} requeue it.
 */
export type Settlement = "ack" | "reject" | "requeue" | "return";

/** What a queue holds. */
export interface QueueInfo {
  readonly name: string;
  /** Messages ready for delivery; those owned by consumers are not counted. */
  readonly messages: number;
  /** Consumers, where the broker knows them. */
  readonly consumers: number | undefined;
}

/** What a kind of broker can do, as data; the documentation's table is made from it. */
export interface TransportCapabilities {
  readonly exchangeTypes: readonly ("direct" | "topic" | "fanout" | "headers")[];
  /** Which end of the priority scale is served first; `none` when priorities are ignored. */
  readonly priorities: "low-first" | "high-first" | "none";
  /** Messages survive a restart of every process that uses the broker. */
  readonly durable: boolean;
  /** Several processes share one broker. */
  readonly multiProcess: boolean;
  /** A settled `publish` means that the broker has taken responsibility. */
  readonly confirms: boolean;
  readonly heartbeats: boolean;
  /** Reports {@link Delivery.deliveryCount}. */
  readonly deliveryCount: boolean;
  /** `setPrefetch` is exact, immediate and cheap, so a consumer may call it for every batch. */
  readonly exactPrefetch: boolean;
  /** The settlement `return` leaves no trace in the message. */
  readonly returnsUnmarked: boolean;
  /** Unsettled messages of a crashed process come back: at once, after a lease of that length ran out, or never. */
  readonly recovery: "immediate" | "lease" | "none";
  /** Honours the queue argument `x-message-ttl` and the `expiration` property. */
  readonly messageTtl: boolean;
  /** Rejected messages go to the queue's dead-letter exchange. */
  readonly deadLetter: boolean;
}

/** How a transport is asked to connect. */
export interface ConnectOptions {
  readonly url: BrokerUrl;
  /** Every URL of the connection, `url` among them; for transports that ask several hosts at once (sentinel). */
  readonly alternates?: readonly BrokerUrl[];
  /** `broker_transport_options`: Celery's names in either spelling; each transport parses its own. */
  readonly transportOptions: Readonly<Record<string, unknown>>;
  readonly connectTimeoutMs: number;
  /** AMQP heartbeat; 0 disables. Ignored by transports without. */
  readonly heartbeatSeconds: number;
  /** TLS options of `node:tls`, `true` for the defaults. */
  readonly ssl: boolean | Readonly<Record<string, unknown>>;
  /** Shown by brokers that list their clients. */
  readonly clientName: string;
  readonly logger: Logger;
  readonly clock: Clock;
}

/** Our code for one kind of broker. */
export interface Transport {
  readonly name: string;
  readonly capabilities: TransportCapabilities;
  /** @throws {ConnectionError} when the broker cannot be reached within `connectTimeoutMs` or refuses us. */
  connect(options: ConnectOptions): Promise<TransportConnection>;
}

/** One established connection. It is never repaired: when it is lost, a new one is made. */
export interface TransportConnection extends AsyncDisposable {
  openChannel(): Promise<Channel>;
  /** Resolves once, when the connection can no longer be used and nobody asked for that. */
  readonly lost: Promise<ConnectionError>;
}

/** How deliveries are asked for. */
export interface ConsumeOptions {
  /**
   * Most deliveries of this channel that may be unsettled at once: `Infinity` for no limit; 0 takes nothing until it
   * grows (brokers that know no such thing may deliver one). Ignored with `noAck`.
   */
  readonly prefetch: number;
  /** Ends the iteration normally. What was fetched but not yet yielded goes back to its queue. */
  readonly signal: AbortSignal;
  /** Deliveries need no settlement: they are lost when the consumer dies. For events, replies and results. */
  readonly noAck?: boolean;
  /** Consumer arguments such as `x-priority`, where the broker knows them. */
  readonly arguments?: Readonly<Record<string, unknown>>;
}

/**
 * One conversation with the broker. Errors that close it reject what is under way and end `consume` by throwing:
 * {@link ConnectionError} when the connection is gone, `ChannelError` when a new channel would do.
 */
export interface Channel extends AsyncDisposable {
  /** Creates the entity unless it exists. An existing queue or exchange is used as it is, whatever its arguments. */
  declare(entity: Exchange | Queue | Binding): Promise<void>;
  /** @throws {QueueNotFoundError} */
  queueInfo(queue: string): Promise<QueueInfo>;
  /** Removes the waiting messages of a queue and returns how many there were. An unknown queue has none. */
  purge(queue: string): Promise<number>;
  /** Removes an entity with its messages and bindings; one that does not exist is no error. */
  delete(entity: Exchange | Queue | Binding): Promise<void>;
  /**
   * Settles when the broker owns the message. Calls of one turn may travel together.
   *
   * @throws {PublishError} whose `sent` says whether the broker may have the message
   */
  publish(message: WireMessage, to: Address): Promise<void>;
  /**
   * Deliveries in batches, each as large as is at hand. One iteration at a time per channel.
   * Deliveries yielded by an iteration that has ended still belong to the channel until they are settled.
   */
  consume(queues: readonly string[], options: ConsumeOptions): AsyncIterable<readonly Delivery[]>;
  /** Changes the prefetch of the running iteration. Derived from the state of the pool, never counted up. */
  setPrefetch(prefetch: number): void;
  /** Ends a delivery of this channel. The second settlement of a delivery does nothing. Coalesced: see `flush`. */
  settle(delivery: Delivery, how: Settlement): void;
  /** Resolves when every settlement so far has reached the broker. */
  flush(): Promise<void>;
  /** Gives unsettled deliveries back to their queues, in their old order and marked as redelivered, and ends. */
  [Symbol.asyncDispose](): Promise<void>;
}
