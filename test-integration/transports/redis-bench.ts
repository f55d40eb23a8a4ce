import { randomUUID } from "node:crypto";
import { type Logger, silentLogger } from "@q/kernel";
import type { Channel, Delivery, TransportConnection, WireMessage } from "@q/messaging";
import { createRedisTransport } from "@q/messaging/redis";
import type { Redis } from "ioredis";
import type { RedisServer } from "../harness/redis-server.ts";
import { waitUntil } from "../harness/wait-until.ts";
import { redisConnectOptions } from "./redis-connect.ts";

/** One log line of a test. */
export interface Line {
  readonly level: string;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly message: string;
}

/** An empty server, with connections of the Redis transport that are closed at the end of the test. */
export class RedisBench implements AsyncDisposable {
  readonly client: Redis;
  readonly lines: Line[] = [];
  readonly #server: RedisServer;
  readonly #connections: TransportConnection[] = [];

  private constructor(server: RedisServer, client: Redis) {
    this.#server = server;
    this.client = client;
  }

  static async open(server: RedisServer): Promise<RedisBench> {
    const client = server.client();
    await client.flushall();
    return new RedisBench(server, client);
  }

  async connect(
    transportOptions: Record<string, unknown> = {},
    url: string = this.#server.url,
  ): Promise<TransportConnection> {
    const options = redisConnectOptions(url, transportOptions, this.#logger());
    const connection = await createRedisTransport().connect(options);
    this.#connections.push(connection);
    return connection;
  }

  async channel(transportOptions: Record<string, unknown> = {}): Promise<Channel> {
    return (await this.connect(transportOptions)).openChannel();
  }

  /** Codes that were logged. */
  get codes(): unknown[] {
    return this.lines.map(({ fields }) => fields["code"]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const connection of this.#connections) await connection[Symbol.asyncDispose]();
    this.client.disconnect();
  }

  #logger(): Logger {
    const at = (level: string) => (fields: object, message: string) =>
      void this.lines.push({ level, fields: { ...fields }, message });
    const logger: Logger = {
      ...silentLogger,
      debug: at("debug"),
      info: at("info"),
      warn: at("warn"),
      error: at("error"),
      child: () => logger,
    };
    return logger;
  }
}

/** Consumes in the background and keeps what comes. */
export class Consumer implements AsyncDisposable {
  readonly deliveries: Delivery[] = [];
  /** What ended the iteration: an error, or `undefined`. */
  readonly ended: Promise<unknown>;
  readonly #channel: Channel;
  readonly #stop = new AbortController();

  constructor(
    channel: Channel,
    queues: readonly string[],
    options: { prefetch?: number; noAck?: boolean; ack?: boolean } = {},
  ) {
    this.#channel = channel;
    this.ended = this.#run(queues, options);
  }

  get bodies(): string[] {
    return this.deliveries.map(({ message }) => message.body.toString());
  }

  async waitFor(count: number): Promise<readonly Delivery[]> {
    await waitUntil(() => this.deliveries.length >= count, { what: `${count} deliveries` });
    return this.deliveries;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.ended;
  }

  async #run(
    queues: readonly string[],
    options: { prefetch?: number; noAck?: boolean; ack?: boolean },
  ): Promise<unknown> {
    const { prefetch = Infinity, noAck = false, ack = false } = options;
    try {
      for await (const batch of this.#channel.consume(queues, {
        prefetch,
        noAck,
        signal: this.#stop.signal,
      })) {
        this.deliveries.push(...batch);
        if (ack) for (const delivery of batch) this.#channel.settle(delivery, "ack");
      }
      return undefined;
    } catch (error) {
      return error;
    }
  }
}

/** A small message. */
export function text(body: string, properties: WireMessage["properties"] = {}): WireMessage {
  return {
    body: Buffer.from(body),
    contentType: "text/plain",
    contentEncoding: "utf-8",
    headers: { id: randomUUID(), empty: [], number: 1.5 },
    properties,
  };
}

/** The address of a queue. */
export function toQueue(queue: string): { exchange: string; routingKey: string } {
  return { exchange: "", routingKey: queue };
}
