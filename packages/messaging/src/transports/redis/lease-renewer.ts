import { asError } from "@q/kernel";
import { heldTags } from "./lease-slots.ts";
import type { RedisAddress } from "./redis-address.ts";
import { RedisSocket, type RedisSocketOptions } from "./redis-socket.ts";
import { MAX_RENEWED, renewLeases } from "./scripts/leases.ts";

/** Leases so short that the start of a thread, or of a socket, counts. */
const SHORT_INTERVAL_MS = 15_000;

/** Whether to be ready to renew before the first message comes. */
export function isShort({ intervalMs }: LeaseRenewerOptions): boolean {
  return intervalMs < SHORT_INTERVAL_MS;
}

/** What a renewer must know. */
export interface LeaseRenewerOptions {
  readonly address: RedisAddress;
  readonly socket: RedisSocketOptions;
  /** Key of the leases. */
  readonly index: string;
  readonly intervalMs: number;
}

/**
 * Renews all leases in the shared slots at an interval, over a socket of its own that it makes anew when it is lost.
 * Without leases it keeps no socket busy; it runs in a thread, so that a blocked event loop does not stop it.
 */
export class LeaseRenewer {
  readonly #options: LeaseRenewerOptions;
  readonly #onError: (error: Error) => void;
  readonly #chunks: SharedArrayBuffer[] = [];
  readonly #timer: NodeJS.Timeout;
  #socket: RedisSocket | undefined;
  #isBusy = false;
  #isClosed = false;

  /** `onError` is told of a failed round; the next one tries again. */
  constructor(options: LeaseRenewerOptions, onError: (error: Error) => void) {
    this.#options = options;
    this.#onError = onError;
    this.#timer = setInterval(() => void this.#renew(), options.intervalMs);
    if (isShort(options)) void this.#warmUp();
  }

  add(chunk: SharedArrayBuffer): void {
    this.#chunks.push(chunk);
  }

  /** Lets the process end although the renewer runs. */
  unref(): void {
    this.#timer.unref();
  }

  close(): void {
    this.#isClosed = true;
    clearInterval(this.#timer);
    this.#socket?.close();
  }

  /** Opens the socket, so that the first round does not lose time with it. */
  async #warmUp(): Promise<void> {
    try {
      await this.#open();
    } catch (thrown) {
      if (!this.#isClosed) this.#onError(asError(thrown));
    }
  }

  async #renew(): Promise<void> {
    const tags = this.#chunks.flatMap(heldTags);
    if (tags.length === 0 || this.#isBusy) return;
    this.#isBusy = true;
    try {
      const socket = await this.#open();
      for (let at = 0; at < tags.length; at += MAX_RENEWED) {
        await renewLeases(socket, this.#options.index, tags.slice(at, at + MAX_RENEWED));
      }
    } catch (thrown) {
      this.#socket?.close();
      if (!this.#isClosed) this.#onError(asError(thrown));
    } finally {
      this.#isBusy = false;
    }
  }

  async #open(): Promise<RedisSocket> {
    if (this.#socket?.isOpen) return this.#socket;
    // Loads the driver into the thread, memory of its own: most leases end before it is needed.
    const socket = await RedisSocket.open(this.#options.address, this.#options.socket);
    this.#socket = socket;
    if (this.#isClosed) socket.close();
    return socket;
  }
}
