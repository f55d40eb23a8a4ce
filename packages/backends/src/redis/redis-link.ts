import { ClosedError } from "@q/kernel";
import { RedisSocket } from "@q/messaging/internal/redis";
import type { RedisBackendOptions } from "./redis-options.ts";

/**
 * The way to the server for one purpose: a socket, made at the first use and again at the first use after its loss.
 *
 * States: *idle*, *opening* (everybody waits for one attempt), *open*, *closed*.
 */
export class RedisLink {
  readonly #options: RedisBackendOptions;
  readonly #protocol: 2 | 3;
  readonly #onOpen: (socket: RedisSocket) => void;
  readonly #onLost: (error: Error) => void;
  #socket: RedisSocket | undefined;
  #opening: Promise<RedisSocket> | undefined;
  #isClosed = false;

  constructor(
    options: RedisBackendOptions,
    on: {
      readonly open?: (socket: RedisSocket) => void;
      readonly lost?: (error: Error) => void;
      /** The socket is for subscriptions and for questions beside them. */
      readonly listens?: boolean;
    } = {},
  ) {
    this.#protocol = on.listens === true ? 3 : 2;
    this.#options = options;
    this.#onOpen = on.open ?? (() => {});
    this.#onLost = on.lost ?? (() => {});
  }

  /** The open socket, if there is one. */
  get socket(): RedisSocket | undefined {
    return this.#socket;
  }

  /** The open socket, or a new one; one attempt. */
  connect(): Promise<RedisSocket> {
    if (this.#socket) return Promise.resolve(this.#socket);
    this.#opening ??= this.#open().finally(() => (this.#opening = undefined));
    return this.#opening;
  }

  close(): void {
    this.#isClosed = true;
    this.#socket?.close();
    this.#socket = undefined;
  }

  async #open(): Promise<RedisSocket> {
    this.#assertNotClosed();
    const { credentialProvider, address, socket: options } = this.#options;
    const login = await credentialProvider?.();
    const protocol = this.#protocol;
    const socket = await RedisSocket.open({ ...address, ...login }, { ...options, protocol });
    try {
      this.#assertNotClosed();
    } catch (error) {
      socket.close();
      throw error;
    }
    this.#socket = socket;
    void socket.lost.then((error) => {
      if (this.#socket !== socket) return;
      this.#socket = undefined;
      this.#onLost(error);
    });
    this.#onOpen(socket);
    return socket;
  }

  #assertNotClosed(): void {
    if (this.#isClosed) throw new ClosedError("the result backend is closed. Make a new one.");
  }
}
