import { asError, type Logger, TransitMap } from "@q/kernel";
import type { Settlement } from "../../contracts.ts";
import type { RedisKeys } from "./keys.ts";
import type { Leases } from "./leases.ts";
import { NO_SLOT, type RedisDelivery } from "./redis-delivery.ts";
import { classifyRedisError } from "./redis-errors.ts";
import type { RedisSocket } from "./redis-socket.ts";
import { acknowledge, MAX_ACKNOWLEDGED } from "./scripts/acknowledge.ts";
import { giveBack, type GiveBackOptions } from "./scripts/give-back.ts";
import type { ScriptRunner } from "./scripts/script.ts";

/** What {@link Settlements} work with. */
export interface SettlementsContext {
  /** For what may take its time. */
  readonly socket: RedisSocket;
  readonly keys: RedisKeys;
  readonly leases: Leases;
  readonly logger: Logger;
}

/** Most messages of one call that gives back: their texts are searched on the server. */
const MAX_GIVEN_BACK = 100;

/** The unsettled deliveries of a channel, and the way in which they end: together, at the end of a turn. */
export class Settlements {
  readonly #context: SettlementsContext;
  readonly #runner: ScriptRunner;
  readonly #held = new TransitMap<RedisDelivery, true>();
  readonly #underWay = new Set<Promise<void>>();
  #acknowledged: string[] = [];
  #requeued: string[] = [];
  #returned: string[] = [];
  #isArmed = false;
  #error: Error | undefined;

  /** `socket` returns the one to write settlements to, which must not be blocked then. */
  constructor(context: SettlementsContext, socket: () => RedisSocket) {
    this.#context = context;
    // Asked for each command: a script that the server has forgotten is sent again when a claim may stand.
    this.#runner = { call: (command, args) => socket().call(command, args) };
  }

  /** Unsettled deliveries. */
  get held(): number {
    return this.#held.size;
  }

  hold(delivery: RedisDelivery): void {
    this.#held.set(delivery, true);
  }

  /** False when it was settled before, or needs no settlement. */
  settle(delivery: RedisDelivery, how: Settlement): boolean {
    if (!this.#held.delete(delivery)) return false;
    if (delivery.slot !== NO_SLOT) this.#context.leases.release(delivery.slot);
    if (how === "requeue") this.#requeued.push(delivery.tag);
    else if (how === "return") this.#returned.push(delivery.tag);
    else this.#acknowledged.push(delivery.tag);
    if (!this.#isArmed) {
      this.#isArmed = true;
      setImmediate(() => this.write());
    }
    return true;
  }

  /** @throws {ConnectionError} when settlements since the last flush have not reached the server */
  async flush(): Promise<void> {
    this.write();
    while (this.#underWay.size > 0) await Promise.all(this.#underWay);
    const error = this.#error;
    this.#error = undefined;
    if (error !== undefined) throw error;
  }

  /** Gives deliveries back, the newest first, so that the oldest is next. */
  async giveBack(deliveries: readonly RedisDelivery[], isMarked: boolean): Promise<void> {
    const tags: string[] = [];
    for (const delivery of deliveries.toReversed()) {
      if (!this.#held.delete(delivery)) continue;
      if (delivery.slot !== NO_SLOT) this.#context.leases.release(delivery.slot);
      tags.push(delivery.tag);
    }
    await this.#giveBackTags(tags, { end: "next", isMarked });
  }

  /** Gives everything back that is not settled. */
  giveBackAll(): Promise<void> {
    return this.giveBack([...this.#held.keys()], true);
  }

  /** Forgets all leases: the connection is gone. */
  abandon(): void {
    for (const { slot } of this.#held.keys()) if (slot !== NO_SLOT) this.#context.leases.release(slot);
    this.#held.clear();
  }

  /** Sends what was settled since the last time; otherwise that happens at the end of the turn. */
  write(): void {
    this.#isArmed = false;
    const { keys } = this.#context;
    const [acknowledged, requeued, returned] = [this.#acknowledged, this.#requeued, this.#returned];
    this.#acknowledged = [];
    this.#requeued = [];
    this.#returned = [];
    for (let at = 0; at < acknowledged.length; at += MAX_ACKNOWLEDGED) {
      const tags = acknowledged.slice(at, at + MAX_ACKNOWLEDGED);
      this.#follow(acknowledge(this.#runner, keys, tags).then((ours) => this.#report(tags.length - ours)));
    }
    if (requeued.length > 0) this.#follow(this.#giveBackTags(requeued, { end: "last", isMarked: true }));
    // The newest first, so that the oldest is next.
    if (returned.length > 0)
      this.#follow(this.#giveBackTags(returned.toReversed(), { end: "next", isMarked: false }));
  }

  async #giveBackTags(tags: readonly string[], options: Omit<GiveBackOptions, "keys">): Promise<void> {
    const { socket, keys } = this.#context;
    for (let at = 0; at < tags.length; at += MAX_GIVEN_BACK) {
      this.#report(await giveBack(socket, tags.slice(at, at + MAX_GIVEN_BACK), { ...options, keys }));
    }
  }

  #follow(work: Promise<void>): void {
    const followed = work
      .catch((thrown: unknown) => {
        this.#error ??= classifyRedisError(asError(thrown), "settling messages");
      })
      .finally(() => this.#underWay.delete(followed));
    this.#underWay.add(followed);
  }

  #report(lost: number): void {
    if (lost === 0) return;
    this.#context.logger.warn(
      { code: "ERR_Q_LEASE_LOST", count: lost },
      "leases of messages ran out before the messages were settled: they run again; raise visibility_timeout",
    );
  }
}
