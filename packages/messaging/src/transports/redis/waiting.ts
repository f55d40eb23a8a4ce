import { asError, type Cancel, type Clock } from "@q/kernel";
import type { Arrivals } from "./arrivals.ts";
import type { ClaimSocket } from "./claim-socket.ts";

/** What a {@link Waiting} works with. */
export interface WaitingOptions {
  readonly claims: ClaimSocket;
  readonly arrivals: Arrivals;
  readonly clock: Clock;
  /** All lists that are waited for. */
  readonly lists: readonly string[];
  /** Fixed time between polls, where the server reports nothing. */
  readonly pollingMs: number | undefined;
  /** Called once for each {@link Waiting.begin}, when there may be something. */
  readonly onArrival: () => void;
  readonly onError: (error: Error) => void;
}

/** A report that got lost costs no more than this, and a dead connection shows. */
const SAFETY_POLL_MS = 1000;
const SHORTEST_POLL_MS = 1;
const LONGEST_POLL_MS = 100;

/**
 * Waits for messages in lists that were found empty, for consumers that cannot leave a claim at the server.
 *
 * States: *off*; *asking* the server whether they still are; *on*, until the server reports a change or the next poll
 * is due. Without reports the polls begin at 1 ms and slow down to 100 ms.
 */
export class Waiting {
  readonly #options: WaitingOptions;
  #isOn = false;
  #isAsking = false;
  /** A report came while the answer was on its way. */
  #isReported = false;
  #pollMs = SHORTEST_POLL_MS;
  #cancel: Cancel | undefined;
  #isListening = false;
  readonly #report = (): void => {
    if (this.#isAsking) this.#isReported = true;
    else if (this.#isOn) this.#arrived();
  };

  constructor(options: WaitingOptions) {
    this.#options = options;
  }

  begin(): void {
    if (this.#isOn) return;
    this.#isOn = true;
    this.#pollMs = SHORTEST_POLL_MS;
    if (!this.#isListening) this.#options.arrivals.add(this.#options.lists, this.#report);
    this.#isListening = true;
    void this.#ask();
  }

  end(): void {
    this.#isOn = false;
    this.#cancel?.();
    this.#options.arrivals.remove(this.#options.lists, this.#report);
    this.#isListening = false;
  }

  async #ask(): Promise<void> {
    const { claims, lists, clock, onError } = this.#options;
    this.#isAsking = true;
    this.#isReported = false;
    try {
      const isThere = await claims.ask(lists);
      this.#isAsking = false;
      if (!this.#isOn) return;
      if (isThere || this.#isReported) this.#arrived();
      else this.#cancel = clock.schedule(this.#nextPollMs(), () => void this.#ask());
    } catch (thrown) {
      this.#isAsking = false;
      if (this.#isOn) onError(asError(thrown));
    }
  }

  #nextPollMs(): number {
    if (this.#options.claims.isTracking) return SAFETY_POLL_MS;
    if (this.#options.pollingMs !== undefined) return this.#options.pollingMs;
    const pollMs = this.#pollMs;
    this.#pollMs = Math.min(LONGEST_POLL_MS, pollMs * 2);
    return pollMs;
  }

  #arrived(): void {
    this.#isOn = false;
    this.#cancel?.();
    this.#options.onArrival();
  }
}
