import { ClosedError } from "@q/kernel";
import type {
  Channel,
  ConnectOptions,
  Transport,
  TransportCapabilities,
  TransportConnection,
} from "../../contracts.ts";
import type { ConnectionError } from "../../errors.ts";
import { openBroker, type SqliteBroker } from "./sqlite-broker.ts";
import { SqliteChannel } from "./sqlite-channel.ts";
import { databaseFile, parseSqliteOptions } from "./sqlite-options.ts";

const capabilities: TransportCapabilities = {
  exchangeTypes: ["direct", "topic", "fanout"],
  priorities: "low-first",
  durable: true,
  multiProcess: true,
  confirms: true,
  heartbeats: false,
  deliveryCount: true,
  exactPrefetch: true,
  returnsUnmarked: true,
  recovery: "immediate",
  messageTtl: true,
  deadLetter: true,
};

/**
 * Transport for the processes of one machine that need no server: a database file holds queues and messages. What
 * was published survives the crash of every process; after a power cut the last moments may be missing.
 * Needs the package `libsql`, or a Node with `node:sqlite`.
 */
export function createSqliteTransport(): Transport {
  return { name: "sqlite", capabilities, connect };
}

async function connect({
  url,
  transportOptions,
  clock,
  logger,
}: ConnectOptions): Promise<TransportConnection> {
  const options = parseSqliteOptions(transportOptions, logger);
  const broker = await openBroker(databaseFile(url), { ...options, logger });
  return new SqliteConnection(broker, clock);
}

class SqliteConnection implements TransportConnection {
  readonly lost: Promise<ConnectionError>;
  readonly #broker: SqliteBroker;
  readonly #clock: ConnectOptions["clock"];
  readonly #channels = new Set<SqliteChannel>();
  #closed: Promise<void> | undefined;

  constructor(broker: SqliteBroker, clock: ConnectOptions["clock"]) {
    this.#broker = broker;
    this.#clock = clock;
    this.lost = broker.database.broken;
  }

  async openChannel(): Promise<Channel> {
    if (this.#closed !== undefined) throw new ClosedError("this connection is closed. Make a new one.");
    const channel: SqliteChannel = new SqliteChannel({
      broker: this.#broker,
      clock: this.#clock,
      onClose: () => this.#channels.delete(channel),
    });
    this.#channels.add(channel);
    return channel;
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    for (const channel of this.#channels) await channel[Symbol.asyncDispose]();
    await this.#broker[Symbol.asyncDispose]();
  }
}
