import { asError, deferred, type Deferred } from "@q/kernel";
import type { Redis } from "ioredis";
import { loadRedisDriver } from "./redis-driver.ts";
import { isUnavailable } from "./redis-errors.ts";
import { driverOptions, type RedisAddress } from "./redis-address.ts";

/** How a {@link RedisSocket} is opened. */
export interface RedisSocketOptions {
  readonly connectTimeoutMs: number;
  /** Silence after which commands under way have failed and the socket counts as lost. */
  readonly replyTimeoutMs: number;
  readonly keepAlive: boolean;
  /** Shown by `CLIENT LIST`. */
  readonly name: string;
  /** Version of the protocol to ask for. Default 2, which all speak; only 3 lets a subscriber ask, too. */
  readonly protocol?: 2 | 3;
}

/** Silence after which the system probes whether the other side still is there. */
const KEEP_ALIVE_MS = 30_000;
/** Looks at a silent socket so often before it is lost. */
const LOOKS = 5;

/**
 * One socket to the server, through ioredis, which never repairs it.
 *
 * States: *open*; *closed* by us; *lost*, which rejects all commands under way and resolves `lost`. A socket is lost
 * when it ends, or when commands wait and nothing comes for `replyTimeoutMs`. That silence is counted in looks of a
 * timer and not in time: after a blocked event loop the replies are read before the next look.
 */
export class RedisSocket {
  readonly client: Redis;
  /** Resolves with the reason when the socket ends without our asking. */
  readonly lost: Promise<Error>;
  /** Silence after which commands under way have failed. */
  readonly replyTimeoutMs: number;
  readonly #lost: Deferred<Error> = deferred<Error>();
  readonly #lookMs: number;
  #lastError: Error | undefined;
  #isClosed = false;
  #pending = 0;
  #silentLooks = 0;
  #timer: NodeJS.Timeout | undefined;

  private constructor(client: Redis, options: RedisSocketOptions) {
    this.client = client;
    this.lost = this.#lost.promise;
    this.replyTimeoutMs = options.replyTimeoutMs;
    this.#lookMs = Math.max(1, Math.floor(options.replyTimeoutMs / LOOKS));
    // Also keeps ioredis from printing errors.
    client.on("error", (error: Error) => (this.#lastError = error));
    client.on("end", () => this.#end());
  }

  /** @throws what the driver says, when the server cannot be reached in time or refuses us */
  static async open(address: RedisAddress, options: RedisSocketOptions): Promise<RedisSocket> {
    const driver = await loadRedisDriver();
    const client = new driver.Redis({
      ...driverOptions(address),
      connectTimeout: options.connectTimeoutMs,
      connectionName: options.name,
      keepAlive: options.keepAlive ? KEEP_ALIVE_MS : undefined,
      replyMapping: "legacy",
      ...(options.protocol && { protocol: options.protocol }),
    });
    const socket = new RedisSocket(client, options);
    // A server that accepts and then says nothing is not covered by the driver's own timeout.
    const timeout = setTimeout(
      () => socket.#fail(new Error("no answer within the connect timeout")),
      options.connectTimeoutMs,
    );
    try {
      await client.connect();
      // The driver has selected the database, but keeps a refusal to itself.
      if (address.database !== 0) await socket.call("SELECT", [address.database]);
      return socket;
    } catch (thrown) {
      const reason = socket.#lastError ?? asError(thrown);
      socket.close();
      throw reason;
    } finally {
      clearTimeout(timeout);
    }
  }

  /** True while commands can be written. */
  get isOpen(): boolean {
    return !this.#isClosed && this.client.status === "ready";
  }

  /** Whether commands may be sent while it is subscribed: the server speaks version 3 of the protocol. */
  get asksWhileSubscribed(): boolean {
    // The driver goes down to version 2 by itself where 3 is refused, and tells it nowhere else.
    return (this.client as unknown as { condition?: { protocol?: number } }).condition?.protocol === 3;
  }

  /** Sends a command; texts come back as strings. */
  call(command: string, args: readonly (string | number)[]): Promise<unknown> {
    // One array instead of a spread: thousands of arguments would not fit on the stack.
    return this.#watched(() => this.client.call(command, args as (string | number)[]));
  }

  /** Sends a command; texts come back as bytes. */
  callBuffer(command: string, args: readonly (string | number | Buffer)[]): Promise<unknown> {
    return this.#watched(() => this.client.callBuffer(command, args as (string | number | Buffer)[]));
  }

  /** What `send` sends at once is written at once: every write costs more than making a command. */
  together<TValue>(send: () => TValue): TValue {
    const { stream } = this.client;
    stream?.cork();
    try {
      return send();
    } finally {
      stream?.uncork();
    }
  }

  async #watched(send: () => Promise<unknown>): Promise<unknown> {
    this.#watch();
    try {
      return await send();
    } catch (thrown) {
      // After a failover this server is a replica: a new connection finds the master.
      if (isUnavailable(thrown)) this.#fail(thrown);
      throw thrown;
    } finally {
      this.#pending--;
      this.#silentLooks = 0;
    }
  }

  /** Ends the socket; commands under way are rejected. */
  close(): void {
    this.#isClosed = true;
    clearInterval(this.#timer);
    this.client.disconnect();
  }

  #watch(): void {
    if (this.#pending++ === 0) this.#silentLooks = 0;
    // It goes on until it finds nothing under way: starting one for every command costs more.
    this.#timer ??= setInterval(() => this.#look(), this.#lookMs).unref();
  }

  #look(): void {
    if (this.#pending === 0) {
      clearInterval(this.#timer);
      this.#timer = undefined;
      return;
    }
    if (++this.#silentLooks >= LOOKS) this.#fail(new Error(`no reply within ${this.#lookMs * LOOKS} ms`));
  }

  #fail(reason: Error): void {
    this.#lastError = reason;
    // Not `disconnect`, which says goodbye first: nobody listens.
    this.client.stream?.destroy(reason);
    this.client.disconnect();
  }

  #end(): void {
    clearInterval(this.#timer);
    if (!this.#isClosed) this.#lost.resolve(this.#lastError ?? new Error("the server closed the connection"));
  }
}
