import { randomUUID } from "node:crypto";
import { deferred, type Clock, type Deferred, type Logger } from "@q/kernel";
import type { ConsumeOptions } from "../../contracts.ts";
import type { Arrivals } from "./arrivals.ts";
import type { Broadcasts } from "./broadcasts.ts";
import type { ClaimSocket } from "./claim-socket.ts";
import { decodeEnvelope, malformedEnvelope, type Envelope } from "./envelope.ts";
import type { RedisKeys } from "./keys.ts";
import type { Leases } from "./leases.ts";
import { NO_SLOT, PARKED_TAG, RedisDelivery } from "./redis-delivery.ts";
import { classifyRedisError } from "./redis-errors.ts";
import type { ParsedRedisOptions } from "./redis-options.ts";
import type { RedisSocket } from "./redis-socket.ts";
import { claim, type Claimed, type ClaimedGroup, takeForGood } from "./scripts/claim.ts";
import { confirmLeases } from "./scripts/leases.ts";
import type { Settlements } from "./settlements.ts";
import { Standing } from "./standing.ts";
import { Waiting } from "./waiting.ts";

/** What a {@link Consumption} works with. */
export interface ConsumptionContext {
  readonly socket: RedisSocket;
  readonly keys: RedisKeys;
  readonly options: ParsedRedisOptions;
  readonly arrivals: Arrivals;
  readonly broadcasts: Broadcasts;
  readonly leases: Leases;
  readonly settlements: Settlements;
  readonly logger: Logger;
  readonly clock: Clock;
}

/** Claims under way at once: one travels while the messages of the other are worked on. */
const MAX_IN_FLIGHT = 2;
/** Most messages of one claim: the server does nothing else meanwhile. */
const MAX_CLAIM = 250;
/** Messages fetched ahead of a consumer without a prefetch. */
const UNLIMITED = 500;

/**
 * One iteration of a channel: keeps its prefetch filled from the lists of its queues.
 *
 * States: *claiming*, with up to two claims under way for as long as they come back full and there is room; *full*,
 * until something is settled; *waiting*, after the queues were found empty, with a claim that stands at the server or,
 * where that cannot be, until the server reports a change; *ended*, by the signal, by the channel or by an error.
 * Broadcasts come in beside all that.
 */
export class Consumption {
  readonly #context: ConsumptionContext;
  readonly #queues: string[];
  readonly #hasLeases: boolean;
  readonly #lists: readonly string[];
  readonly #held: string;
  #claims: ClaimSocket | undefined;
  #waiting: Waiting | undefined;
  #standing: Standing | undefined;
  #prefetch: number;
  #ready: RedisDelivery[] = [];
  /** The batch that the consumer has. */
  #seen: readonly RedisDelivery[] = [];
  #wake: Deferred<void> | undefined;
  #requested = 0;
  #inFlight = 0;
  /** One until a claim comes back full: a single message does not need two. */
  #allowed = 1;
  #settled: Deferred<void> | undefined;
  #isDry = false;
  #isArmed = false;
  #isEnded = false;
  #error: Error | undefined;

  constructor(context: ConsumptionContext, queues: readonly string[], options: ConsumeOptions) {
    this.#context = context;
    const { queueOrderStrategy, ackEmulation } = context.options;
    this.#queues = queueOrderStrategy === "sorted" ? queues.toSorted() : [...queues];
    this.#hasLeases = ackEmulation && options.noAck !== true;
    this.#prefetch = options.noAck === true ? Infinity : options.prefetch;
    this.#lists = queues.flatMap((queue) => context.keys.ofQueue(queue));
    this.#held = context.keys.held(queues[0] ?? "");
  }

  start(claims: ClaimSocket): void {
    if (this.#isEnded) return;
    const { arrivals, clock, options } = this.#context;
    const lists = this.#lists;
    const onError = (error: Error): void => this.fail(error);
    this.#claims = claims;
    this.#standing = new Standing({ claims, arrivals, lists, held: this.#held, onError });
    this.#waiting = new Waiting({
      claims,
      arrivals,
      clock,
      lists,
      pollingMs: options.pollingInterval ? options.pollingInterval * 1000 : undefined,
      onArrival: () => this.#resume(),
      onError,
    });
    for (const queue of this.#queues) this.#context.broadcasts.listen(queue, () => this.#takeBroadcasts());
    this.#takeBroadcasts();
    // Without a queue there is nothing to ask for, ever.
    this.#isDry = this.#queues.length === 0;
    this.#fill();
  }

  set prefetch(prefetch: number) {
    this.#prefetch = prefetch;
    // The claim that stands at the server would bring too much.
    if (this.#room() < 0) this.#standing?.hasten();
    this.refill();
  }

  /** What is at hand, as soon as there is something; `undefined` at the end. @throws what ended it */
  async next(): Promise<readonly RedisDelivery[] | undefined> {
    for (const delivery of this.#seen) delivery.envelope = undefined;
    this.#seen = [];
    while (this.#ready.length === 0 && !this.#isEnded) {
      this.#wake ??= deferred();
      await this.#wake.promise;
    }
    if (this.#error !== undefined) throw this.#error;
    if (this.#isEnded) return undefined;
    const batch = this.#ready;
    this.#ready = [];
    this.#seen = batch;
    if (this.#prefetch === Infinity) this.refill();
    return batch;
  }

  /** There is room: claims at the end of this turn, so that everything it settles makes one claim. */
  refill(): void {
    const claims = this.#claims;
    if (this.#isArmed || this.#isEnded || claims === undefined) return;
    this.#isArmed = true;
    setImmediate(() => {
      this.#isArmed = false;
      claims.free.together(() => {
        this.#context.settlements.write();
        this.#fill();
        this.#wait();
      });
    });
  }

  end(): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#waiting?.end();
    this.#standing?.end();
    for (const queue of this.#queues) this.#context.broadcasts.listen(queue, undefined);
    this.#notify();
  }

  fail(error: Error): void {
    if (this.#isEnded) return;
    this.#error = classifyRedisError(error, "consuming");
    this.end();
  }

  /** Resolves when no claim is under way any more and what was not yielded is back in its queue. */
  async close(): Promise<void> {
    this.end();
    if (this.#inFlight > 0) await (this.#settled ??= deferred()).promise;
    const unseen = this.#ready;
    this.#ready = [];
    if (unseen.length === 0 || !this.#context.socket.isOpen) return;
    // Nobody has seen them: they do not count as delivered.
    await this.#context.settlements.giveBack(unseen, false);
    for (const delivery of unseen.toReversed()) await this.#putBack(delivery);
  }

  #resume(): void {
    this.#isDry = false;
    this.#allowed = 1;
    this.#fill();
  }

  #fill(): void {
    while (!this.#isEnded && !this.#isDry && this.#inFlight < this.#allowed) {
      const count = this.#room();
      if (count <= 0) return;
      void this.#claim(count);
    }
  }

  /** Messages to ask for: half of the window at most, so that two claims fit into it. */
  #room(): number {
    const isUnlimited = this.#prefetch === Infinity;
    const limit = isUnlimited ? UNLIMITED : this.#prefetch;
    const taken = isUnlimited ? this.#ready.length : this.#context.settlements.held;
    return Math.min(limit - taken - this.#requested, Math.ceil(limit / 2), MAX_CLAIM);
  }

  async #claim(count: number, standing?: Standing): Promise<void> {
    this.#inFlight++;
    this.#requested += count;
    try {
      const claimed = await this.#request(count, standing);
      this.#requested -= count;
      if (claimed.count > 0) this.#receive(claimed);
      this.#isDry = claimed.count < count;
      if (!this.#isDry) this.#allowed = MAX_IN_FLIGHT;
    } catch (thrown) {
      this.#requested -= count;
      this.fail(classifyRedisError(thrown, "claiming messages"));
    }
    this.#inFlight--;
    if (this.#inFlight === 0) this.#settled?.resolve();
    if (!this.#isDry) this.#fill();
    // What was claimed goes first: asking costs as much time as storing the result of a short task.
    else if (this.#inFlight === 0) setImmediate(() => this.#wait());
  }

  #wait(): void {
    const claims = this.#claims;
    if (!this.#isDry || this.#inFlight > 0 || this.#isEnded || claims === undefined) return;
    if (this.#lists.length === 0) return;
    // One write for both: it costs more than the commands in it, and now nobody waits for another settlement.
    claims.socket.together(() => {
      this.#context.settlements.write();
      const count = this.#room();
      if (!claims.canStand) this.#waiting?.begin();
      else if (count > 0) void this.#claim(count, this.#standing);
    });
  }

  async #request(count: number, standing: Standing | undefined): Promise<Claimed> {
    const { keys, options, clock } = this.#context;
    const { socket } = this.#claims as ClaimSocket;
    const isFair = options.queueOrderStrategy === "round_robin";
    const request = { keys, queues: this.#queues, count, isFair, nonce: "" };
    if (!this.#hasLeases) return this.#rotate(await takeForGood(socket, request));
    const askedAt = clock.monotonic();
    const send = (): Promise<Claimed> => claim(socket, { ...request, nonce: randomUUID() });
    const claimed = await (standing === undefined ? send() : standing.claim(send));
    const isLate = clock.monotonic() - askedAt > options.visibilityTimeout * 500;
    // The event loop was blocked for so long that the leases may have run out, before anybody renewed them.
    return this.#rotate(isLate && claimed.count > 0 ? await this.#confirm(claimed) : claimed);
  }

  /** The queue served last goes to the end of the round. */
  #rotate(claimed: Claimed): Claimed {
    if (this.#context.options.queueOrderStrategy !== "round_robin" || this.#queues.length === 1)
      return claimed;
    const last = claimed.groups.at(-1)?.queue;
    const at = last === undefined ? -1 : this.#queues.indexOf(last);
    if (at >= 0) this.#queues.push(...this.#queues.splice(0, at + 1));
    return claimed;
  }

  async #confirm(claimed: Claimed): Promise<Claimed> {
    const { socket, keys, logger } = this.#context;
    const tags = claimed.groups.flatMap((group) => group.tags.filter((tag) => tag !== ""));
    const held = new Set(await confirmLeases(socket, keys.unackedIndex, { score: claimed.score, tags }));
    const lost = tags.length - held.size;
    if (lost > 0) {
      logger.warn(
        { code: "ERR_Q_LEASE_LOST", count: lost },
        "messages were not delivered: the event loop was blocked until others could take them",
      );
    }
    return {
      ...claimed,
      groups: claimed.groups.map((group) => keep(group, (tag) => tag === "" || held.has(tag))),
    };
  }

  #receive(claimed: Claimed): void {
    for (const group of claimed.groups) {
      for (let at = 0; at < group.texts.length; at++) {
        this.#ready.push(this.#deliver(group.queue, group.texts[at] ?? "", group.tags[at]));
      }
    }
    this.#notify();
  }

  #deliver(queue: string, text: string, tag: string | undefined): RedisDelivery {
    if (tag === "") {
      const parked = malformedEnvelope(
        text,
        queue,
        new TypeError("it is no JSON object with a delivery tag"),
      );
      this.#context.logger.warn(
        { code: "ERR_Q_MALFORMED_MESSAGE", queue, key: this.#context.keys.parked(queue) },
        "an entry of a queue is no message; it was moved aside",
      );
      return new RedisDelivery(parked, { queue, tag: PARKED_TAG, slot: NO_SLOT });
    }
    const envelope = decodeEnvelope(text, queue);
    if (tag === undefined) return new RedisDelivery(envelope, { queue, tag: "", slot: NO_SLOT, text });
    const slot = this.#context.leases.hold(tag);
    const delivery = new RedisDelivery(envelope, { queue, tag, slot, text });
    this.#context.settlements.hold(delivery);
    return delivery;
  }

  #takeBroadcasts(): void {
    for (const queue of this.#queues) {
      for (const envelope of this.#context.broadcasts.take(queue))
        this.#ready.push(broadcast(envelope, queue));
    }
    if (this.#ready.length > 0) this.#notify();
  }

  /** An entry that was taken for good and not seen by anybody goes back as it was. */
  async #putBack({ envelope, tag, queue, message }: RedisDelivery): Promise<void> {
    if (envelope === undefined || tag !== "") return;
    await this.#context.socket.call("RPUSH", [
      this.#context.keys.forPriority(queue, message.properties.priority),
      envelope,
    ]);
  }

  #notify(): void {
    this.#wake?.resolve();
    this.#wake = undefined;
  }
}

function broadcast(envelope: Envelope, queue: string): RedisDelivery {
  return new RedisDelivery(envelope, { queue, tag: "broadcast", slot: NO_SLOT });
}

function keep(group: ClaimedGroup, isKept: (tag: string) => boolean): ClaimedGroup {
  const at = group.tags.flatMap((tag, index) => (isKept(tag) ? [index] : []));
  return {
    queue: group.queue,
    tags: at.map((index) => group.tags[index] ?? ""),
    texts: at.map((index) => group.texts[index] ?? ""),
  };
}
