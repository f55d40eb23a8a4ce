import { asError, type Cancel, type Clock, ClosedError, type Logger, sleep } from "@q/kernel";
import { classifyRedisError, type RedisSocket } from "@q/messaging/internal/redis";
import type { ResultMeta } from "../contracts.ts";
import { BackendGetError } from "../errors.ts";
import { withRetries } from "../retries.ts";
import { type Watch, Watchers } from "../watchers.ts";
import type { ResultKeys } from "./redis-keys.ts";
import { RedisLink } from "./redis-link.ts";
import type { RedisBackendOptions } from "./redis-options.ts";
import { isTransient } from "./redis-results.ts";

/** A pause before connecting anew, so that a server that drops us at once is not hammered. */
const RECONNECT_PAUSE_MS = 20;
/** How long a subscription outlives the last one who waited: many are ended together. */
const LEAVE_AFTER_MS = 50;

/** Most tasks whose states are asked for on the listening socket: their news would queue behind the answer. */
const MAX_TOGETHER = 100;

/** What {@link ResultNews} is made of. */
export interface ResultNewsParts {
  readonly redis: RedisBackendOptions;
  readonly keys: ResultKeys;
  readonly read: (keys: readonly string[]) => Promise<(Buffer | null)[]>;
  /** @throws {BackendGetError} */
  readonly decode: (id: string, payload: Buffer) => ResultMeta;
  readonly logger: Logger;
  readonly clock: Clock;
}

/**
 * Tells those who wait for results of every change: one listening socket, one subscription per task.
 *
 * A subscription comes first and the present state is read after its confirmation, so that no change falls between.
 * States: *quiet* (nobody waits); *listening*; *recovering* (the socket is lost: connect, subscribe and read
 * everything anew, or fail everybody when the retries are used up).
 */
export class ResultNews {
  readonly #parts: ResultNewsParts;
  readonly #watchers = new Watchers();
  readonly #link: RedisLink;
  readonly #closing = new AbortController();
  /** Tasks with a subscription that was asked for on the present socket. */
  #subscribed = new Set<string>();
  /** News of each task since it is watched: a state that was read before them is out of date. */
  readonly #newsCount = new Map<string, number>();
  #newWatches: Watch[] = [];
  #left = new Set<string>();
  #isArmed = false;
  #recovering: Promise<void> | undefined;
  #cancelPing: Cancel | undefined;
  #wasUp = false;

  constructor(parts: ResultNewsParts) {
    this.#parts = parts;
    this.#link = new RedisLink(parts.redis, {
      open: (socket) => this.#listen(socket),
      lost: () => this.#lost(),
      listens: true,
    });
  }

  open(ids: readonly string[]): Watch {
    const watch = this.#watchers.add(ids);
    if (this.#closing.signal.aborted) watch.fail(closed());
    this.#newWatches.push(watch);
    if (!this.#isArmed) {
      this.#isArmed = true;
      // After the promises of this turn: thousands of waits that begin together become one SUBSCRIBE.
      process.nextTick(() => this.#begin());
    }
    return watch;
  }

  close(watch: Watch): void {
    this.#watchers.remove(watch);
    for (const id of watch.ids) if (!this.#watchers.has(id)) this.#leave(id);
  }

  async shutDown(): Promise<void> {
    this.#closing.abort();
    this.#cancelPing?.();
    this.#watchers.failAll(closed());
    await this.#recovering;
    this.#link.close();
  }

  #begin(): void {
    this.#isArmed = false;
    // The recovery begins with those who came before it, and comes back for the others.
    if (this.#recovering || this.#closing.signal.aborted) return;
    const watches = this.#newWatches.splice(0);
    const socket = this.#link.socket;
    if (socket === undefined) this.#recover();
    else this.#follow(socket, watches).catch((error: unknown) => this.#failed(error, watches));
  }

  /** Subscribes to what is new, then reads the present states; `apart` over the other socket in any case. */
  async #follow(
    socket: RedisSocket,
    watches: readonly Watch[],
    { apart = false }: { apart?: boolean } = {},
  ): Promise<void> {
    const channels: string[] = [];
    for (const watch of watches) {
      for (const id of watch.ids) {
        if (this.#subscribed.has(id) || !this.#watchers.has(id)) continue;
        this.#subscribed.add(id);
        channels.push(this.#parts.keys.ofTask(id));
      }
    }
    const subscribe = async (): Promise<unknown> =>
      channels.length > 0 ? socket.callBuffer("subscribe", channels) : undefined;
    if (apart || !socket.asksWhileSubscribed || channels.length > MAX_TOGETHER) {
      await subscribe();
      return this.#readPresent(watches, this.#parts.read);
    }
    const read = (keys: readonly string[]): Promise<(Buffer | null)[]> =>
      socket.callBuffer("mget", keys) as Promise<(Buffer | null)[]>;
    // In one write and one answer: the server works through them in this order.
    await socket.together(() => Promise.all([subscribe(), this.#readPresent(watches, read)]));
  }

  async #readPresent(watches: readonly Watch[], read: ResultNewsParts["read"]): Promise<void> {
    const pairs = watches.flatMap((watch) =>
      [...watch.ids].map((id) => ({ watch, id, count: this.#newsCount.get(id) })),
    );
    if (pairs.length === 0) return;
    const payloads = await read(pairs.map(({ id }) => this.#parts.keys.ofTask(id)));
    pairs.forEach(({ watch, id, count }, index) => {
      const payload = payloads[index];
      if (!payload || this.#newsCount.get(id) !== count) return;
      try {
        watch.give(this.#parts.decode(id, payload), payload);
      } catch (error) {
        watch.fail(asError(error));
      }
    });
  }

  #failed(thrown: unknown, watches: readonly Watch[]): void {
    // With the listening socket well it is the reading that did not come through, after its own retries.
    if (isTransient(asError(thrown)) && !this.#link.socket?.isOpen) this.#recover();
    else for (const watch of watches) watch.fail(getError(thrown, [...watch.ids]));
  }

  #lost(): void {
    this.#subscribed.clear();
    this.#left.clear();
    this.#cancelPing?.();
    if (this.#watchers.size > 0) this.#recover();
  }

  #recover(): void {
    if (this.#closing.signal.aborted) return;
    this.#recovering ??= this.#reconnect().then((isUp) => {
      this.#recovering = undefined;
      // The new socket may be lost before the last state was read over the other one.
      if (isUp && this.#link.socket === undefined && this.#watchers.size > 0) this.#recover();
      else if (this.#newWatches.length > 0 && !this.#isArmed) this.#begin();
    });
  }

  /** False when the retries are used up. */
  async #reconnect(): Promise<boolean> {
    const { redis, clock, logger } = this.#parts;
    const { signal } = this.#closing;
    if (this.#wasUp) await sleep(RECONNECT_PAUSE_MS, { clock, signal });
    try {
      await withRetries(() => this.#resume(), {
        // Who has waited for a long time can wait a little longer; who begins learns soon that nobody is there.
        delays: this.#wasUp ? redis.patientDelays : redis.delays,
        isRetryable: isTransient,
        clock,
        signal,
      });
      this.#wasUp = true;
    } catch (thrown) {
      logger.warn({ err: asError(thrown), waiting: this.#watchers.size }, "results cannot be waited for");
      this.#wasUp = false;
      for (const watch of this.#watchers.all()) watch.fail(getError(thrown, [...watch.ids]));
    }
    return this.#wasUp;
  }

  /** Brings a fresh socket to where the old one was. */
  async #resume(): Promise<void> {
    const socket = await this.#link.connect();
    this.#newWatches = [];
    // The socket before it may have been dropped for what it was sent: servers let a subscriber have 32 MB at once.
    await this.#follow(socket, [...this.#watchers.all()], { apart: true });
  }

  #listen(socket: RedisSocket): void {
    this.#subscribed = new Set();
    socket.client.on("messageBuffer", (channel: Buffer, payload: Buffer) =>
      this.#news(channel.toString(), payload),
    );
    this.#schedulePing(socket);
  }

  #news(channel: string, payload: Buffer): void {
    const id = this.#parts.keys.taskOf(channel);
    if (id === undefined || !this.#watchers.has(id)) return;
    try {
      const meta = this.#parts.decode(id, payload);
      this.#newsCount.set(id, (this.#newsCount.get(id) ?? 0) + 1);
      for (const watch of this.#watchers.of(id)) watch.give(meta, payload);
    } catch (error) {
      this.#parts.logger.warn(
        { err: asError(error), taskId: id },
        "a published result that cannot be read was skipped",
      );
    }
  }

  /** Unsubscribes a little later, together with others, unless somebody waits again by then. */
  #leave(id: string): void {
    this.#newsCount.delete(id);
    this.#left.add(id);
    if (this.#left.size > 1) return;
    this.#parts.clock.schedule(LEAVE_AFTER_MS, () => {
      const ids = [...this.#left].filter((left) => this.#subscribed.has(left) && !this.#watchers.has(left));
      this.#left.clear();
      for (const gone of ids) this.#subscribed.delete(gone);
      const channels = ids.map((gone) => this.#parts.keys.ofTask(gone));
      if (channels.length > 0) this.#link.socket?.callBuffer("unsubscribe", channels).catch(() => {});
    });
  }

  /** A listening socket is silent by nature: only a question shows that the other side is gone. */
  #schedulePing(socket: RedisSocket): void {
    this.#cancelPing?.();
    this.#cancelPing = this.#parts.clock.schedule(this.#parts.redis.healthCheckMs, () => {
      if (this.#link.socket !== socket) return;
      if (this.#watchers.size > 0) void socket.call("ping", []).catch(() => {});
      this.#schedulePing(socket);
    });
  }
}

function getError(thrown: unknown, taskIds: readonly string[]): BackendGetError {
  if (thrown instanceof BackendGetError) return thrown;
  const error = classifyRedisError(thrown, "waiting for results");
  return new BackendGetError(error.message, { taskIds, cause: error.cause ?? error });
}

const closed = (): ClosedError => new ClosedError("the result backend is closed. Make a new one.");
