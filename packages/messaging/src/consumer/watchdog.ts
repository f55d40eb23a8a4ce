import { type Cancel, type Clock, sleep } from "@q/kernel";
import { bounded } from "../connection/bounded.ts";
import type { TransportConnection } from "../contracts.ts";
import type { Queue } from "../entities/queue.ts";
import { ConnectionError, ConsumerStalledError } from "../errors.ts";

/** A broker that does not say what a queue holds within this time is as good as gone. */
const PROBE_LIMIT_MS = 5000;
/** A message found waiting may be on its way to us, or to somebody else. */
const GRACE_MS = 1000;

/** What a {@link Watchdog} watches. */
export interface Watched {
  readonly clock: Clock;
  readonly idleMs: number;
  /** Somebody would take a message if there were one. */
  canTake(): boolean;
  /** Time of the last delivery on the monotonic clock. */
  lastDeliveryMs(): number;
  /** Messages waiting in the queues; rejects when that cannot be found out. */
  waiting(): Promise<number>;
  onStalled(error: ConsumerStalledError): void;
}

/**
 * Notices a consumer that has gone silent: its connection looks alive, its queues hold messages, there is room for
 * them, and yet nothing has been delivered for `idleMs`. It looks three times per `idleMs`, so room that is there at
 * one look only does not count.
 */
export class Watchdog {
  readonly #watched: Watched;
  #cancel: Cancel | undefined;
  #quietSinceMs: number;
  #isStopped = false;

  constructor(watched: Watched) {
    this.#watched = watched;
    this.#quietSinceMs = watched.clock.monotonic();
    this.#schedule();
  }

  stop(): void {
    this.#isStopped = true;
    this.#cancel?.();
  }

  #schedule(): void {
    if (this.#isStopped) return;
    this.#cancel = this.#watched.clock.schedule(this.#watched.idleMs / 3, () => {
      void this.#look().finally(() => this.#schedule());
    });
  }

  async #look(): Promise<void> {
    const { clock, idleMs } = this.#watched;
    const nowMs = clock.monotonic();
    if (!this.#watched.canTake()) this.#quietSinceMs = nowMs;
    this.#quietSinceMs = Math.max(this.#quietSinceMs, this.#watched.lastDeliveryMs());
    if (nowMs - this.#quietSinceMs < idleMs) return;
    const stalled = await this.#probe();
    if (stalled && !this.#isStopped) this.#watched.onStalled(stalled);
    this.#quietSinceMs = clock.monotonic();
  }

  async #probe(): Promise<ConsumerStalledError | undefined> {
    const { clock, idleMs } = this.#watched;
    const lastDeliveryMs = this.#watched.lastDeliveryMs();
    const what = `Nothing has been delivered for ${Math.round(idleMs / 1000)} s`;
    try {
      const tooLate = (): Error => new ConnectionError(`no answer within ${PROBE_LIMIT_MS} ms`);
      const messages = await bounded(this.#watched.waiting(), { clock, limitMs: PROBE_LIMIT_MS, tooLate });
      if (messages === 0) return undefined;
      await sleep(GRACE_MS, { clock });
      if (this.#watched.lastDeliveryMs() !== lastDeliveryMs || !this.#watched.canTake()) return undefined;
      return new ConsumerStalledError(
        `${what} although ${messages} messages wait. The consumer is built anew.`,
      );
    } catch (cause) {
      return new ConsumerStalledError(
        `${what} and the broker cannot be asked why. The consumer is built anew.`,
        { cause },
      );
    }
  }
}

/** Messages waiting in `queues`, asked over a channel of its own because the consumer's own may be the one that hangs. */
export async function countWaiting(
  connection: TransportConnection,
  queues: readonly Queue[],
): Promise<number> {
  const channel = await connection.openChannel();
  try {
    let messages = 0;
    for (const queue of queues) {
      // Of several consumers on such a queue all but one get nothing, by design.
      if (queue.arguments["x-single-active-consumer"] === true) continue;
      messages += (await channel.queueInfo(queue.name)).messages;
    }
    return messages;
  } finally {
    await channel[Symbol.asyncDispose]();
  }
}
