import { ClosedError } from "@q/kernel";
import type {
  Channel,
  ConnectOptions,
  Transport,
  TransportCapabilities,
  TransportConnection,
} from "../../contracts.ts";
import type { ConnectionError } from "../../errors.ts";
import { MemoryBroker } from "./memory-broker.ts";
import { MemoryChannel } from "./memory-channel.ts";

const capabilities: TransportCapabilities = {
  exchangeTypes: ["direct", "topic", "fanout"],
  priorities: "low-first",
  durable: false,
  multiProcess: false,
  confirms: true,
  heartbeats: false,
  deliveryCount: true,
  exactPrefetch: true,
  returnsUnmarked: true,
  recovery: "none",
  messageTtl: true,
  deadLetter: true,
};

// Brokers belong to the process, as in kombu: two apps that name the same URL meet.
const brokers = new Map<string, MemoryBroker>();

function brokerNamed(name: string): MemoryBroker {
  const broker = brokers.get(name) ?? new MemoryBroker();
  brokers.set(name, broker);
  return broker;
}

/**
 * Transport for tests and programs of one process: `memory://` or `memory://name`. Connections of one process with
 * the same name share a broker, which lives as long as the process.
 *
 * @see kombu/transport/memory.py
 */
export function createMemoryTransport(): Transport {
  return { name: "memory", capabilities, connect: async (options) => new MemoryConnection(options) };
}

class MemoryConnection implements TransportConnection {
  // In-process memory cannot be lost.
  readonly lost: Promise<ConnectionError> = new Promise(() => {});
  readonly #options: ConnectOptions;
  readonly #broker: MemoryBroker;
  readonly #channels = new Set<MemoryChannel>();
  #isClosed = false;

  constructor(options: ConnectOptions) {
    this.#options = options;
    this.#broker = brokerNamed(options.url.hostname ?? "");
  }

  async openChannel(): Promise<Channel> {
    if (this.#isClosed) throw new ClosedError("this connection is closed. Make a new one.");
    const channel: MemoryChannel = new MemoryChannel({
      broker: this.#broker,
      connection: this,
      clock: this.#options.clock,
      onClose: () => this.#channels.delete(channel),
    });
    this.#channels.add(channel);
    return channel;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    for (const channel of this.#channels) await channel[Symbol.asyncDispose]();
    this.#broker.deleteExclusive(this);
  }
}
