import type { RedisSocket } from "./redis-socket.ts";

/** Messages of a subscribed pattern. */
export type PatternListener = (text: string) => void;

/** Told which keys have changed; `undefined` means that any may have. */
export type ChangeListener = (keys: readonly string[] | undefined) => void;

/** Channel on which a server tells RESP2 clients of changed keys. */
const INVALIDATE = "__redis__:invalidate";

/** The socket that listens: for broadcasts, and for news of keys that another socket asked about. */
export class Subscriber {
  readonly socket: RedisSocket;
  /** The server's number of this socket, or `undefined` when it does not tell. */
  readonly clientId: number | undefined;
  readonly #patterns = new Map<string, Set<PatternListener>>();

  private constructor(socket: RedisSocket, clientId: number | undefined) {
    this.socket = socket;
    this.clientId = clientId;
    socket.client.on("pmessage", (pattern: string, _channel: string, text: string) => {
      for (const listener of this.#patterns.get(pattern) ?? []) listener(text);
    });
  }

  /** `onChange` hears of changes of keys from now on. */
  static async open(socket: RedisSocket, onChange: ChangeListener): Promise<Subscriber> {
    const clientId = await socket.call("CLIENT", ["ID"]).catch(() => undefined);
    // The payload is a list of keys, or nothing after FLUSHALL. The event for text would join the list with commas.
    socket.client.on("messageBuffer", (channel: Buffer, payload: unknown) => {
      if (channel.toString() === INVALIDATE)
        onChange(Array.isArray(payload) ? payload.map(String) : undefined);
    });
    if (clientId !== undefined) await socket.client.subscribe(INVALIDATE);
    return new Subscriber(socket, clientId === undefined ? undefined : Number(clientId));
  }

  async subscribe(pattern: string, listener: PatternListener): Promise<void> {
    const listeners = this.#patterns.get(pattern);
    if (listeners !== undefined) {
      listeners.add(listener);
      return;
    }
    this.#patterns.set(pattern, new Set([listener]));
    await this.socket.client.psubscribe(pattern);
  }

  async unsubscribe(pattern: string, listener: PatternListener): Promise<void> {
    const listeners = this.#patterns.get(pattern);
    listeners?.delete(listener);
    if (listeners === undefined || listeners.size > 0) return;
    this.#patterns.delete(pattern);
    await this.socket.client.punsubscribe(pattern);
  }
}
