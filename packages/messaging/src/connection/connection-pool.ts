import { Slots } from "@q/kernel";
import { ConnectionLimitError } from "../errors.ts";
import type { Connection } from "./connection.ts";

/**
 * A bounded set of connections to one broker, for code that wants one to itself for a while. Producers and consumers
 * do not need it: any number of them share one connection.
 *
 * With a limit of 0 or `null` nothing is pooled: `acquire` makes a connection and `release` closes it.
 */
export class ConnectionPool implements AsyncDisposable {
  readonly #create: () => Connection;
  readonly #slots: Slots;
  readonly #idle: Connection[] = [];
  readonly #busy = new Set<Connection>();
  #limit: number | null;

  constructor(create: () => Connection, limit: number | null = 10) {
    this.#create = create;
    this.#limit = limit || null;
    this.#slots = new Slots(this.#limit ?? Infinity);
  }

  /** The most connections at once; `null` when they are not pooled. */
  get limit(): number | null {
    return this.#limit;
  }

  /**
   * A connection for the caller alone, until `release`. The one used last comes first.
   *
   * @param options `timeoutMs`: how long to wait for a free one; default for ever, 0 does not wait
   * @throws {ConnectionLimitError} when the wait is over
   */
  async acquire(options: { timeoutMs?: number; signal?: AbortSignal } = {}): Promise<Connection> {
    const { timeoutMs, signal } = options;
    if (!this.#slots.tryAcquire()) {
      const ends = [signal, timeoutMs === undefined ? undefined : AbortSignal.timeout(timeoutMs)];
      const end = AbortSignal.any(ends.filter((s) => s !== undefined));
      if (timeoutMs === 0 || !(await this.#slots.acquire(end))) {
        signal?.throwIfAborted();
        throw new ConnectionLimitError(
          `All ${this.#limit} connections of the pool are in use. Release them sooner, or raise broker_pool_limit.`,
        );
      }
    }
    const connection = this.#idle.pop() ?? this.#create();
    this.#busy.add(connection);
    return connection;
  }

  /** Gives a connection back. One that is not out on loan is left alone. */
  async release(connection: Connection): Promise<void> {
    if (!this.#busy.delete(connection)) return;
    this.#slots.release();
    const isWanted = this.#limit !== null && this.#busy.size + this.#idle.length < this.#limit;
    if (isWanted && connection.state !== "closed") this.#idle.push(connection);
    else await connection.close();
  }

  /** Changes the limit. Idle connections above it are closed, busy ones when they come back. */
  async resize(limit: number | null): Promise<void> {
    this.#limit = limit || null;
    this.#slots.resize(this.#limit ?? Infinity);
    const keep = Math.max(0, (this.#limit ?? 0) - this.#busy.size);
    await Promise.all(this.#idle.splice(keep).map((connection) => connection.close()));
  }

  /** Closes every connection, also those on loan. */
  async closeAll(): Promise<void> {
    const all = [...this.#idle.splice(0), ...this.#busy];
    for (const connection of this.#busy) if (this.#busy.delete(connection)) this.#slots.release();
    await Promise.all(all.map((connection) => connection.close()));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.closeAll();
  }
}
