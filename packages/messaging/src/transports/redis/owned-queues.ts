import type { RedisKeys } from "./keys.ts";
import type { RedisSocket } from "./redis-socket.ts";

/** What {@link OwnedQueues} work with. */
export interface OwnedQueuesContext {
  readonly socket: RedisSocket;
  readonly keys: RedisKeys;
  /** Seconds between calls of `renew`. */
  readonly renewSeconds: number;
}

/** Queues of dead owners that are removed in one go. */
const BATCH = 100;

/**
 * Queues that belong to one process, such as those on which it waits for answers. Others put messages into them, also
 * after their owner has been killed, and Python's workers give the lists no time to live. So the queues are listed in a
 * sorted set, each with the time up to which its owner is surely there, and whoever comes by removes those of the dead.
 */
export class OwnedQueues {
  readonly #context: OwnedQueuesContext;
  readonly #names = new Set<string>();

  constructor(context: OwnedQueuesContext) {
    this.#context = context;
  }

  /** Lists a queue as ours, before anybody can know its name. */
  async own(queue: string): Promise<void> {
    this.#names.add(queue);
    await this.renew();
  }

  /**
   * Its lists are gone, and it is no longer ours. One that may go when nobody uses it stays listed for a while: an
   * answer that comes late makes its list anew.
   */
  async release(queue: string, how: { readonly mayExpire: boolean }): Promise<void> {
    const isOurs = this.#names.delete(queue);
    if (isOurs && !how.mayExpire) await this.#context.socket.call("ZREM", [this.#context.keys.owned, queue]);
  }

  /** Says that we are there, and removes what those have left behind who are not. */
  async renew(): Promise<void> {
    const { socket, keys, renewSeconds } = this.#context;
    // The server's time: the clocks of clients may differ by more than a lease.
    const [seconds] = (await socket.call("TIME", [])) as [string];
    const now = Number(seconds);
    const until = now + Math.max(120, 4 * renewSeconds);
    if (this.#names.size > 0) {
      await socket.call("ZADD", [keys.owned, ...[...this.#names].flatMap((name) => [until, name])]);
    }
    await this.#removeOrphans(now);
  }

  async #removeOrphans(now: number): Promise<void> {
    const { socket, keys } = this.#context;
    const orphans = (await socket.call("ZRANGEBYSCORE", [
      keys.owned,
      "-inf",
      now,
      "LIMIT",
      0,
      BATCH,
    ])) as string[];
    if (orphans.length === 0) return;
    await socket.call(
      "DEL",
      orphans.flatMap((queue) => keys.ofQueue(queue)),
    );
    await socket.call("ZREM", [keys.owned, ...orphans]);
  }
}
