import type { Logger } from "@q/kernel";
import { isReply } from "./redis-errors.ts";
import type { RedisSocket } from "./redis-socket.ts";
import type { Subscriber } from "./subscriber.ts";

/** Longest time that a claim stands at the server: a report that got lost costs no more, and a dead connection shows. */
const LONGEST_STAND_MS = 2000;

/** What a {@link ClaimSocket} is made of. */
export interface ClaimSocketParts {
  readonly socket: RedisSocket;
  /** The connection's own socket, which is never blocked. */
  readonly commands: RedisSocket;
  readonly subscriber: Subscriber;
  readonly logger: Logger;
}

/**
 * The socket on which a consumer asks for messages.
 *
 * When its queues are empty the consumer leaves its next claim at the server, behind a command that blocks until there
 * is something. States: *free*; *standing*, when only {@link hasten} comes through.
 */
export class ClaimSocket {
  readonly socket: RedisSocket;
  readonly #commands: RedisSocket;
  #isTracking = false;
  /** The server's number of this socket, where claims may stand. */
  #clientId: number | undefined;
  #isStanding = false;
  #isHastening = false;

  private constructor(socket: RedisSocket, commands: RedisSocket) {
    this.socket = socket;
    this.#commands = commands;
  }

  /** A socket for `commands` themselves serves consumers without leases: they cannot leave anything standing. */
  static async open({ socket, commands, subscriber, logger }: ClaimSocketParts): Promise<ClaimSocket> {
    const claims = new ClaimSocket(socket, commands);
    await claims.#track(subscriber, logger);
    if (claims.#isTracking && socket !== commands) await claims.#allowStanding(logger);
    return claims;
  }

  /** Whether the server reports changes. */
  get isTracking(): boolean {
    return this.#isTracking;
  }

  /** Whether a claim may be left at the server. */
  get canStand(): boolean {
    return this.#clientId !== undefined;
  }

  /** A socket that is not blocked now: this one, unless a claim stands here. */
  get free(): RedisSocket {
    return this.#isStanding ? this.#commands : this.socket;
  }

  /** True when one of the lists holds something now; otherwise the next change is reported. */
  async ask(lists: readonly string[]): Promise<boolean> {
    const replies = this.socket.together(() => {
      // Nothing may come between: the first applies to the command that follows it.
      const caching = this.#isTracking ? this.socket.call("CLIENT", ["CACHING", "YES"]) : undefined;
      return Promise.all([this.socket.call("EXISTS", lists), caching]);
    });
    const [found] = await replies;
    return Number(found) > 0;
  }

  /**
   * Has the server carry out what `claim` sends as soon as `list` holds something, {@link hasten} is called or two
   * seconds are over. The second value tells whether the list brought it on. What woke it is in `held` then, from where
   * every claim puts it back before it takes.
   */
  async stand<TClaimed>(
    { list, held }: { readonly list: string; readonly held: string },
    claim: () => Promise<TClaimed>,
  ): Promise<[TClaimed, boolean]> {
    const limitMs = Math.min(LONGEST_STAND_MS, this.socket.replyTimeoutMs / 2);
    this.#isStanding = true;
    try {
      return await this.socket.together(() => {
        // What follows it on this socket waits until it is over. In the list itself the entry would be for those who
        // wait behind us: Python's workers, whose blocking pop is served before the claim.
        // As bytes: nobody reads it here.
        const woken = this.socket.callBuffer("BLMOVE", [list, held, "RIGHT", "LEFT", limitMs / 1000]).then(
          (entry) => entry !== null,
          (error: Error) => this.#refused(error),
        );
        return Promise.all([claim(), woken]);
      });
    } finally {
      this.#isStanding = false;
    }
  }

  /** Ends the standing of a claim: it is carried out now. */
  async hasten(): Promise<void> {
    const id = this.#clientId;
    if (this.#isHastening || id === undefined) return;
    this.#isHastening = true;
    try {
      // None unblocked: the claim is still on its way there, or its answer on its way here.
      while (this.#isStanding && Number(await this.#commands.call("CLIENT", ["UNBLOCK", id])) === 0);
    } catch {
      // The connection is lost, which its owner knows; or the right was taken away, and the claim stands to its end.
    } finally {
      this.#isHastening = false;
    }
  }

  close(): void {
    this.socket.close();
  }

  async #track(subscriber: Subscriber, logger: Logger): Promise<void> {
    try {
      if (subscriber.clientId === undefined) throw new Error("CLIENT ID is not available");
      // Only what we ask about explicitly: not every key that some script of ours reads.
      await this.socket.call("CLIENT", ["TRACKING", "ON", "REDIRECT", subscriber.clientId, "OPTIN"]);
      this.#isTracking = true;
    } catch (error) {
      logger.info(
        { err: error },
        "Redis does not report new messages here (CLIENT TRACKING): polling for them",
      );
    }
  }

  /** Only who may end a standing claim may begin one. */
  async #allowStanding(logger: Logger): Promise<void> {
    try {
      const id = Number(await this.socket.call("CLIENT", ["ID"]));
      await this.#commands.call("CLIENT", ["UNBLOCK", id]);
      this.#clientId = id;
    } catch (error) {
      logger.debug({ err: error }, "Redis does not let us end blocking commands: messages are asked for");
    }
  }

  /** The claim behind it was carried out at once; the next one is not left standing. */
  #refused(error: Error): boolean {
    if (isReply(error)) this.#clientId = undefined;
    return false;
  }
}
