import { type Logger, systemClock } from "@q/kernel";
import { randomUUID } from "node:crypto";
import { livenessOf, ownIdentity, type ProcessIdentity } from "./process-identity.ts";
import type { SqliteDatabase } from "./sqlite-database.ts";
import type { MessageStore } from "./message-store.ts";
import type { TopologyStore } from "./topology-store.ts";

const TICK_MS = 1000;
const RENEW_MS = 10_000;
/** Only decides where liveness cannot be seen, so it is long: a blocked event loop cannot renew. */
const LEASE_MS = 60_000;

// Of every copy of this module in the process: a row of ours whose token is missing was left behind by a failure.
const registryKey = Symbol.for("@q/messaging/sqlite-owners");
const registry = globalThis as { [registryKey]?: Set<string> };
const liveTokens = (registry[registryKey] ??= new Set<string>());

/** The stores that an owner looks after. */
export interface OwnedStores {
  readonly messages: MessageStore;
  readonly topology: TopologyStore;
}

/**
 * This process as the owner of unsettled messages of a database. One row with a lease stands for all messages, so
 * nothing is renewed per message. Whether another owner on this machine lives is seen by its process, so that a
 * process whose event loop is blocked keeps its messages and a killed one loses them within about a second.
 *
 * States: *unregistered* (publishes only: no row, no timer); *registered* (a tick per second renews the lease,
 * recovers the messages of dead owners, and ends expired messages and queues).
 */
export class SqliteOwner {
  readonly #database: SqliteDatabase;
  readonly #stores: OwnedStores;
  readonly #logger: Logger;
  readonly #token: string = randomUUID();
  #registered: Promise<number> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #renewAtMs = 0;
  #isTicking = false;

  constructor(database: SqliteDatabase, stores: OwnedStores, logger: Logger) {
    this.#database = database;
    this.#stores = stores;
    this.#logger = logger;
  }

  /** Number of this owner; registers it first. */
  id(): Promise<number> {
    this.#registered ??= this.#register();
    return this.#registered;
  }

  /** Gives everything back that is still owned, and ends. */
  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    liveTokens.delete(this.#token);
    const id = await this.#registered?.catch(() => undefined);
    if (id === undefined) return;
    await this.#database.write(({ wakes }) => {
      this.#bury(id);
      wakes.add(this.#stores.messages.wakeFile);
    });
  }

  async #register(): Promise<number> {
    liveTokens.add(this.#token);
    const { machine, pid, started, thread } = ownIdentity();
    const id = await this.#database.write(() => {
      const [row] = this.#database
        .prepare(
          "INSERT INTO owner (token, machine, pid, started, thread, expires_at) VALUES (?, ?, ?, ?, ?, ?) RETURNING id",
        )
        .all(this.#token, machine, pid, started, thread, systemClock.now() + LEASE_MS);
      return Number(row?.[0]);
    });
    this.#renewAtMs = systemClock.now() + RENEW_MS;
    this.#timer = setInterval(() => void this.#tick(id), TICK_MS).unref();
    await this.#tick(id);
    return id;
  }

  async #tick(id: number): Promise<void> {
    if (this.#isTicking) return;
    this.#isTicking = true;
    try {
      this.#database.checkFile();
      if (systemClock.now() >= this.#renewAtMs) await this.#renew(id);
      await this.#recoverDead(id);
      await this.#stores.messages.expireDue(systemClock.now());
      await this.#stores.topology.removeUnused(systemClock.now());
    } catch (error) {
      // The writes that matter fail for themselves; the tick comes again.
      this.#logger.warn(
        { err: error, file: this.#database.file },
        "housekeeping of the SQLite broker failed",
      );
    } finally {
      this.#isTicking = false;
    }
  }

  async #renew(id: number): Promise<void> {
    const expiresAt = systemClock.now() + LEASE_MS;
    const { machine, pid, started, thread } = ownIdentity();
    // Also brings the row back when others took us for dead.
    await this.#database.write(() =>
      this.#database
        .prepare(
          "INSERT OR REPLACE INTO owner (id, token, machine, pid, started, thread, expires_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
        )
        .run(id, this.#token, machine, pid, started, thread, expiresAt),
    );
    this.#renewAtMs = systemClock.now() + RENEW_MS;
  }

  async #recoverDead(id: number): Promise<void> {
    const others = this.#database
      .prepare("SELECT id, token, machine, pid, started, thread, expires_at FROM owner WHERE id <> ?")
      .all(id);
    const dead = others.filter(([, token, machine, pid, started, thread, expiresAt]) =>
      isDead(
        { machine: String(machine), pid: Number(pid), started: String(started), thread: Number(thread) },
        { token: String(token), expiresAtMs: Number(expiresAt) },
      ),
    );
    for (const [deadId] of dead) {
      const count = await this.#database.write(({ wakes }) => {
        wakes.add(this.#stores.messages.wakeFile);
        return this.#bury(Number(deadId));
      });
      // A client that left without a word had none; only of messages somebody wants to hear.
      this.#logger[count > 0 ? "warn" : "debug"](
        { owner: Number(deadId), messages: count },
        "gave back the messages of a process that ended",
      );
    }
  }

  /** Inside a write: ends an owner and tells how many messages it gave back. */
  #bury(id: number): number {
    const count = this.#stores.messages.giveBackAllOf(id);
    this.#stores.topology.removeOwner(id, systemClock.now());
    this.#database.prepare("DELETE FROM owner WHERE id = ?").run(id);
    return count;
  }
}

function isDead(
  identity: ProcessIdentity,
  row: { readonly token: string; readonly expiresAtMs: number },
): boolean {
  const own = ownIdentity();
  const isOurs =
    own.machine === identity.machine && own.pid === identity.pid && own.thread === identity.thread;
  if (isOurs && own.started === identity.started) return !liveTokens.has(row.token);
  const liveness = livenessOf(identity);
  return liveness === "dead" || (liveness === "unknown" && row.expiresAtMs < systemClock.now());
}
