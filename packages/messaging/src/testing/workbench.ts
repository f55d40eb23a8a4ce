import type { Address, Channel, TransportConnection, WireMessage } from "../contracts.ts";
import { Queue, type QueueOptions } from "../entities/queue.ts";
import type { OpenTransport, TransportHarness } from "./transport-harness.ts";

/** A harness with a connection, a channel and shortcuts for what most cases do. */
export class Workbench implements AsyncDisposable {
  readonly harness: TransportHarness;
  readonly connection: TransportConnection;
  readonly channel: Channel;
  readonly #further: TransportConnection[] = [];

  private constructor(harness: TransportHarness, connection: TransportConnection, channel: Channel) {
    this.harness = harness;
    this.connection = connection;
    this.channel = channel;
  }

  static async open(open: OpenTransport): Promise<Workbench> {
    const harness = await open();
    const connection = await harness.connect();
    return new Workbench(harness, connection, await connection.openChannel());
  }

  /** A channel of a connection of its own. */
  async otherChannel(): Promise<Channel> {
    const connection = await this.harness.connect();
    this.#further.push(connection);
    return connection.openChannel();
  }

  /** Declares a queue of a unique name, with its exchanges and bindings, and returns the name. */
  async queue(options: QueueOptions = {}): Promise<string> {
    const queue = new Queue(this.harness.uniqueName("queue"), options);
    await declareAll(this.channel, queue);
    return queue.name;
  }

  /** Publishes texts to a queue through the default exchange. */
  async send(queue: string, ...bodies: readonly string[]): Promise<void> {
    await Promise.all(bodies.map((body) => this.channel.publish(textMessage(body), toQueue(queue))));
  }

  /** Waiting messages of a queue, once the settlements so far have been applied. */
  async waiting(queue: string): Promise<number> {
    await this.channel.flush();
    return (await this.channel.queueInfo(queue)).messages;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const connection of this.#further) await connection[Symbol.asyncDispose]();
    await this.connection[Symbol.asyncDispose]();
    await this.harness[Symbol.asyncDispose]();
  }
}

/** Declares the exchanges of a queue, the queue and its bindings. */
export async function declareAll(channel: Channel, queue: Queue): Promise<void> {
  for (const { exchange } of queue.bindings) await channel.declare(exchange);
  await channel.declare(queue);
  for (const binding of queue.bindings) await channel.declare(binding);
}

/** The default exchange's address of a queue. */
export function toQueue(queue: string): Address {
  return { exchange: "", routingKey: queue };
}

/** A small message with the given text as its body. */
export function textMessage(body: string, change: Partial<WireMessage> = {}): WireMessage {
  return {
    body: Buffer.from(body),
    contentType: "text/plain",
    contentEncoding: "utf-8",
    headers: {},
    properties: { deliveryMode: 2 },
    ...change,
  };
}
