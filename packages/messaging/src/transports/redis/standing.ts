import { asError } from "@q/kernel";
import type { Arrivals } from "./arrivals.ts";
import type { ClaimSocket } from "./claim-socket.ts";

/** What a {@link Standing} works with. */
export interface StandingOptions {
  readonly claims: ClaimSocket;
  readonly arrivals: Arrivals;
  /** All lists that are waited for; a message in the first one needs the least time. */
  readonly lists: readonly string[];
  /** Where the message goes that wakes a claim, between the first list and the claim. */
  readonly held: string;
  readonly onError: (error: Error) => void;
}

/**
 * Leaves claims at the server, to be carried out when a message comes: it needs one round trip less than a claim that
 * is sent when the server has reported the message.
 *
 * The server blocks on one list only. Changes of the others are reported, as long as nothing has changed since they
 * were asked about.
 */
export class Standing {
  readonly #options: StandingOptions;
  readonly #first: { readonly list: string; readonly held: string };
  readonly #others: readonly string[];
  #isAsked = false;
  readonly #report = (): void => {
    this.#isAsked = false;
    void this.#options.claims.hasten();
  };

  constructor(options: StandingOptions) {
    this.#options = options;
    const [first = "", ...others] = options.lists;
    this.#first = { list: first, held: options.held };
    this.#others = others;
    options.arrivals.add(others, this.#report);
  }

  /** Has the server carry out what `claim` sends as soon as there may be something. */
  async claim<TClaimed>(claim: () => Promise<TClaimed>): Promise<TClaimed> {
    const { claims } = this.#options;
    const [claimed, isWoken] = await claims.socket.together(() => {
      if (!this.#isAsked && this.#others.length > 0) void this.#ask();
      return claims.stand(this.#first, claim);
    });
    // Nothing has come for a while: perhaps a report got lost.
    if (!isWoken) this.#isAsked = false;
    return claimed;
  }

  /** Has the claim that stands carried out now. */
  hasten(): void {
    void this.#options.claims.hasten();
  }

  end(): void {
    this.#options.arrivals.remove(this.#others, this.#report);
    this.hasten();
  }

  async #ask(): Promise<void> {
    const { claims, onError } = this.#options;
    this.#isAsked = true;
    try {
      if (await claims.ask(this.#others)) this.#report();
    } catch (thrown) {
      onError(asError(thrown));
    }
  }
}
