import { ConnectionError } from "@q/messaging";
import { LetterBroker } from "./letter-broker.js";
import { LetterChannel } from "./letter-channel.js";

/** @import { Transport, TransportCapabilities, TransportConnection } from "@q/messaging" */

/** @type {TransportCapabilities} */
const capabilities = {
  exchangeTypes: ["direct", "fanout"],
  priorities: "none",
  durable: false,
  multiProcess: false,
  confirms: true,
  heartbeats: false,
  deliveryCount: true,
  exactPrefetch: true,
  returnsUnmarked: true,
  recovery: "immediate",
  messageTtl: false,
  deadLetter: false,
};

/**
 * Queues in this process; every connection of one transport shares them.
 *
 * @returns {Transport}
 */
export function createTransport() {
  const broker = new LetterBroker();
  return { name: "letterbox", capabilities, connect: async () => new LetterConnection(broker) };
}

/** @implements {TransportConnection} */
class LetterConnection {
  /** @type {Set<LetterChannel>} */
  #channels = new Set();
  #broker;
  #isClosed = false;
  /**
   * Nothing can get lost inside a process.
   *
   * @type {Promise<ConnectionError>}
   */
  lost = new Promise(() => {});

  /** @param {LetterBroker} broker */
  constructor(broker) {
    this.#broker = broker;
  }

  async openChannel() {
    if (this.#isClosed) throw new ConnectionError("this connection is closed");
    const channel = new LetterChannel(this.#broker);
    this.#channels.add(channel);
    return channel;
  }

  async [Symbol.asyncDispose]() {
    this.#isClosed = true;
    for (const channel of this.#channels) await channel[Symbol.asyncDispose]();
  }
}
