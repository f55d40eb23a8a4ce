import { type Deferred, deferred, Mailbox } from "@q/kernel";
import type {
  Address,
  Channel,
  ConnectOptions,
  ConsumeOptions,
  Delivery,
  QueueInfo,
  Settlement,
  Transport,
  TransportCapabilities,
  TransportConnection,
  WireMessage,
} from "../contracts.ts";
import type { Binding } from "../entities/binding.ts";
import type { Exchange } from "../entities/exchange.ts";
import type { Queue } from "../entities/queue.ts";
import { ConnectionError } from "../errors.ts";

/** A promise that never settles: a broker that has gone silent. */
export const silence = (): Promise<never> => new Promise(() => {});

/** A broker of which a test says how it answers, and that tells what it was asked. It keeps no messages. */
export class ScriptedTransport implements Transport {
  readonly name = "scripted";
  readonly capabilities: TransportCapabilities = {
    exchangeTypes: ["direct"],
    priorities: "none",
    durable: false,
    multiProcess: false,
    confirms: true,
    heartbeats: false,
    deliveryCount: false,
    exactPrefetch: true,
    returnsUnmarked: true,
    recovery: "immediate",
    messageTtl: false,
    deadLetter: false,
  };
  /** Host names in the order of the attempts to connect. */
  readonly attempts: string[] = [];
  readonly connections: ScriptedConnection[] = [];
  onConnect: (options: ConnectOptions) => Promise<void> = async () => {};
  onOpenChannel: () => Promise<void> = async () => {};
  onDeclare: (entity: Exchange | Queue | Binding) => Promise<void> = async () => {};
  onPublish: (message: WireMessage, to: Address) => Promise<void> = async () => {};
  onQueueInfo: (queue: string) => Promise<number> = async () => 0;
  onFlush: () => Promise<void> = async () => {};
  onDispose: () => Promise<void> = async () => {};

  /** Connections that are up. */
  get live(): ScriptedConnection[] {
    return this.connections.filter((connection) => !connection.isEnded);
  }

  async connect(options: ConnectOptions): Promise<ScriptedConnection> {
    this.attempts.push(options.url.hostname ?? "");
    await this.onConnect(options);
    const connection = new ScriptedConnection(this);
    this.connections.push(connection);
    return connection;
  }

  /** Every connection is lost at once. */
  cut(error: ConnectionError = new ConnectionError("cut by the test")): void {
    for (const connection of this.live) connection.cut(error);
  }

  /** Delivers to whoever consumes from `queue` now; returns what was delivered. */
  deliver(queue: string, ...bodies: string[]): Delivery[] {
    const channels = this.live.flatMap((connection) => connection.channels);
    const consuming = channels.find((channel) => channel.consumingFrom.includes(queue));
    if (!consuming) throw new Error(`nobody consumes from ${queue}`);
    return consuming.deliver(queue, bodies);
  }
}

export class ScriptedConnection implements TransportConnection {
  readonly transport: ScriptedTransport;
  readonly channels: ScriptedChannel[] = [];
  readonly #lost: Deferred<ConnectionError> = deferred();
  isEnded = false;

  constructor(transport: ScriptedTransport) {
    this.transport = transport;
  }

  get lost(): Promise<ConnectionError> {
    return this.#lost.promise;
  }

  async openChannel(): Promise<ScriptedChannel> {
    await this.transport.onOpenChannel();
    if (this.isEnded) throw new ConnectionError("the connection is gone");
    const channel = new ScriptedChannel(this);
    this.channels.push(channel);
    return channel;
  }

  cut(error: ConnectionError): void {
    this.isEnded = true;
    for (const channel of this.channels) channel.fail(error);
    this.#lost.resolve(error);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.isEnded = true;
    for (const channel of this.channels) channel.fail(new ConnectionError("the connection was closed"));
  }
}

export class ScriptedChannel implements Channel {
  readonly #connection: ScriptedConnection;
  readonly #batches: Mailbox<readonly Delivery[]> = new Mailbox();
  readonly #closed: AbortController = new AbortController();
  readonly declared: string[] = [];
  readonly published: { readonly message: WireMessage; readonly to: Address }[] = [];
  readonly settled: { readonly tag: string; readonly how: Settlement }[] = [];
  consumingFrom: readonly string[] = [];
  prefetch: number = Infinity;
  #tag = 0;

  constructor(connection: ScriptedConnection) {
    this.#connection = connection;
  }

  get isClosed(): boolean {
    return this.#closed.signal.aborted;
  }

  async declare(entity: Exchange | Queue | Binding): Promise<void> {
    await this.#connection.transport.onDeclare(entity);
    this.declared.push(
      entity.kind === "binding" ? `binding ${entity.queue}` : `${entity.kind} ${entity.name}`,
    );
  }

  async queueInfo(queue: string): Promise<QueueInfo> {
    return {
      name: queue,
      messages: await this.#connection.transport.onQueueInfo(queue),
      consumers: undefined,
    };
  }

  async purge(): Promise<number> {
    return 0;
  }

  async delete(): Promise<void> {}

  async publish(message: WireMessage, to: Address): Promise<void> {
    if (this.isClosed) throw this.#closed.signal.reason;
    this.published.push({ message, to });
    await this.#connection.transport.onPublish(message, to);
  }

  async *consume(queues: readonly string[], options: ConsumeOptions): AsyncGenerator<readonly Delivery[]> {
    this.consumingFrom = queues;
    this.prefetch = options.prefetch;
    const end = AbortSignal.any([options.signal, this.#closed.signal]);
    try {
      for (;;) {
        const batch = await this.#batches.take(end);
        if (this.isClosed) throw this.#closed.signal.reason;
        if (batch === undefined) return;
        yield batch;
      }
    } finally {
      this.consumingFrom = [];
    }
  }

  deliver(queue: string, bodies: readonly string[]): Delivery[] {
    const batch = bodies.map((body) => scriptedDelivery(queue, body, `${++this.#tag}`));
    this.#batches.put(batch);
    return batch;
  }

  /** The channel ends with an error, as by a broker that closes it. */
  fail(error: Error): void {
    this.#closed.abort(error);
  }

  setPrefetch(prefetch: number): void {
    this.prefetch = prefetch;
  }

  settle(delivery: Delivery, how: Settlement): void {
    this.settled.push({ tag: delivery.tag, how });
  }

  async flush(): Promise<void> {
    await this.#connection.transport.onFlush();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed.abort(new ConnectionError("the channel was closed"));
    await this.#connection.transport.onDispose();
  }
}

function scriptedDelivery(queue: string, body: string, tag: string): Delivery {
  return {
    message: textMessage(body),
    queue,
    exchange: "",
    routingKey: queue,
    redelivered: false,
    deliveryCount: undefined,
    tag,
    malformed: undefined,
  };
}

/** A message with a plain text as its body. */
export function textMessage(body: string): WireMessage {
  return {
    body: Buffer.from(body),
    contentType: "text/plain",
    contentEncoding: "utf-8",
    headers: {},
    properties: {},
  };
}
