import { asError, type Clock, deferred, TransitMap } from "@q/kernel";
import { bounded } from "../connection/bounded.ts";
import type { Channel, Delivery, Settlement, TransportConnection } from "../contracts.ts";
import { ConnectionError } from "../errors.ts";
import type { Queue } from "../entities/queue.ts";

/** How long an ended iteration, or a channel that is being closed, may take before it counts as hung. */
const HUNG_AFTER_MS = 5000;

/**
 * One life of a consumer: a channel on one connection, and the deliveries that came over it and are not settled.
 * It is *live* from its making until `end`; whatever comes later, from either side, is ignored.
 */
export class ConsumerSession {
  /** Counts the sessions of one consumer, from 1. */
  readonly generation: number;
  /** @internal */
  readonly connection: TransportConnection;
  /** The channel it consumes on; for what else is to be done there, such as deleting a queue of one's own. */
  readonly channel: Channel;
  /** Rejects when the session is broken; never resolves. @internal */
  readonly broken: Promise<never>;
  /** Entities declared on this channel. @internal */
  readonly declared: Set<Queue> = new Set();
  readonly #clock: Clock;
  readonly #unsettled = new TransitMap<Delivery, true>();
  readonly #interrupt: (error: Error) => void;
  #iteration: AbortController | undefined;
  #isLive = true;
  #ended: Promise<void> | undefined;
  #lastDeliveryMs: number;

  constructor(generation: number, link: { connection: TransportConnection; channel: Channel }, clock: Clock) {
    this.generation = generation;
    this.connection = link.connection;
    this.channel = link.channel;
    this.#clock = clock;
    this.#lastDeliveryMs = clock.monotonic();
    const broken = deferred<never>();
    // Whoever waits for it sees the error; if nobody does, the session has ended already.
    broken.promise.catch(() => {});
    this.broken = broken.promise;
    this.#interrupt = (error) => broken.reject(error);
    void link.connection.lost.then((error) => this.interrupt(error));
  }

  /** False as soon as its deliveries can no longer be settled. */
  get isLive(): boolean {
    return this.#isLive;
  }

  /** Deliveries of this session that nobody has settled. */
  get unsettled(): number {
    return this.#unsettled.size;
  }

  /** On the monotonic clock; the making of the session counts as one. @internal */
  get lastDeliveryMs(): number {
    return this.#lastDeliveryMs;
  }

  /** Breaks the session: everything will be built anew. @internal */
  interrupt(error: Error): void {
    this.#interrupt(error);
  }

  /** Begins an iteration. @internal */
  iterate(): AbortSignal {
    this.#iteration = new AbortController();
    return this.#iteration.signal;
  }

  /** Asks the running iteration to end; a transport that does not obey has hung. @internal */
  endIteration(): void {
    const iteration = this.#iteration;
    if (!iteration || iteration.signal.aborted) return;
    iteration.abort();
    this.#clock.schedule(HUNG_AFTER_MS, () => {
      if (this.#iteration === iteration)
        this.interrupt(new ConnectionError("The broker did not end the consumer in time."));
    });
  }

  /** To be called when the iteration is over. @internal */
  iterationEnded(): void {
    this.#iteration = undefined;
  }

  /** Takes note of a batch; with `noAck` there is nothing to settle. @internal */
  received(batch: readonly Delivery[], noAck: boolean): void {
    this.#lastDeliveryMs = this.#clock.monotonic();
    if (noAck) return;
    for (const delivery of batch) this.#unsettled.set(delivery, true);
  }

  /** False when the delivery is not, or no longer, one of this session. @internal */
  settle(delivery: Delivery, how: Settlement): boolean {
    if (!this.#unsettled.delete(delivery)) return false;
    try {
      this.channel.settle(delivery, how);
      return true;
    } catch (error) {
      this.interrupt(asError(error));
      return false;
    }
  }

  /** Ends the session; what is unsettled goes back to the broker. Never rejects, and takes `limitMs` at most. @internal */
  end(limitMs: number): Promise<void> {
    this.#ended ??= this.#close(limitMs);
    return this.#ended;
  }

  async #close(limitMs: number): Promise<void> {
    this.#isLive = false;
    this.#unsettled.clear();
    this.#iteration?.abort();
    this.#iteration = undefined;
    const closing = Promise.resolve(this.channel[Symbol.asyncDispose]());
    const tooLate = (): Error => new ConnectionError("The channel did not close in time.");
    await bounded(closing, { clock: this.#clock, limitMs, tooLate }).catch(() => {});
  }
}
