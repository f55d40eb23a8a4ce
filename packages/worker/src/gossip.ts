import type { Logger } from "@q/kernel";
import type { App } from "@q/core";
import type { ReceivedEvent } from "@q/core/events";

/** Intervals without a heartbeat after which a worker counts as lost, as in Celery. */
const LOST_AFTER_INTERVALS = 2;
/** What a worker that does not say claims. */
const USUAL_FREQ_SECONDS = 2;
/** Seconds by which clocks may differ before it matters to times of tasks; Celery's limit. */
const MAX_DRIFT_SECONDS = 16;
/** How often it is to be looked whose heartbeats have stopped. */
export const CHECK_INTERVAL_MS = 1000;
/** A look that is later than this comes from an event loop that was blocked, and has heard nobody meanwhile. */
const MAX_LATE_MS = 500;
/** Elections that never come to an end, because somebody does not take part, are forgotten; the oldest go first. */
const MAX_ELECTIONS = 100;

/** What {@link Gossip} works with. */
export interface GossipParts {
  readonly app: App;
  readonly hostname: string;
  readonly logger: Logger;
  /** Sends an event of this worker. */
  readonly send: (type: string, fields: Readonly<Record<string, unknown>>) => void;
}

interface Peer {
  readonly freqSeconds: number;
  /** Monotonic milliseconds. */
  heardAtMs: number;
}

/** A worker that stands for election. */
interface Candidate {
  readonly clock: number;
  /** `hostname.pid` */
  readonly node: string;
  readonly topic: unknown;
  readonly action: unknown;
}

interface Election {
  readonly candidates: Candidate[];
  readonly acknowledged: Set<string>;
}

/**
 * Follows the other workers by their events: who joined, left, or was lost without a word. And holds elections: every
 * worker that is asked to stands for election, all acknowledge each, and with the acknowledgements of all that are
 * alive, the one with the lowest clock (of equals, the first name) acts.
 *
 * @see celery/worker/consumer/gossip.py
 */
export class Gossip {
  readonly #parts: GossipParts;
  readonly #peers = new Map<string, Peer>();
  readonly #elections = new Map<string, Election>();
  /** Elections that this worker was asked to hold. */
  readonly #ours = new Set<string>();
  /** Monotonic milliseconds. */
  #checkedAtMs: number;

  constructor(parts: GossipParts) {
    this.#parts = parts;
    this.#checkedAtMs = parts.app.clock.monotonic();
  }

  /** Names of the other workers that are alive, as far as they were heard. */
  get peers(): string[] {
    return [...this.#peers.keys()];
  }

  /** Stands for election. */
  elect(id: string, topic: string, action: unknown): void {
    this.#ours.add(id);
    this.#parts.send("worker-elect", { id, topic, action, cver: 1 });
  }

  /** Takes note of an event of a worker, this one's among them. */
  hear(event: ReceivedEvent): void {
    if (event.type === "worker-elect") return this.#onElect(event);
    if (event.type === "worker-elect-ack") return this.#onAck(event);
    const { hostname } = event;
    if (hostname === this.#parts.hostname || hostname === "") return;
    if (event.type === "worker-offline") return this.#forget(hostname, "node:leave");
    const freq = event["freq"];
    const isNew = !this.#peers.has(hostname);
    this.#peers.set(hostname, {
      freqSeconds: typeof freq === "number" && freq > 0 ? freq : USUAL_FREQ_SECONDS,
      heardAtMs: this.#parts.app.clock.monotonic(),
    });
    if (!isNew) return;
    this.#parts.logger.debug({ node: hostname }, "another worker joined");
    const driftSeconds = event.local_received - event.timestamp;
    if (Math.abs(driftSeconds) > MAX_DRIFT_SECONDS) {
      this.#parts.logger.warn(
        { node: hostname, driftSeconds },
        "the clock of another worker differs: tasks with an ETA or an expiry run at the wrong time on one of them",
      );
    }
    this.#parts.app.events.emit("node:join", { hostname });
  }

  /** Looks whose heartbeats have stopped. To be called every {@link CHECK_INTERVAL_MS}; where it was not, time counts anew. */
  checkLost(): void {
    const now = this.#parts.app.clock.monotonic();
    const wasBlocked = now - this.#checkedAtMs > CHECK_INTERVAL_MS + MAX_LATE_MS;
    this.#checkedAtMs = now;
    if (wasBlocked) for (const peer of this.#peers.values()) peer.heardAtMs = now;
    for (const [hostname, { freqSeconds, heardAtMs }] of this.#peers) {
      if (now - heardAtMs <= freqSeconds * 1000 * LOST_AFTER_INTERVALS) continue;
      this.#parts.logger.info({ node: hostname }, "missed heartbeats of another worker");
      this.#forget(hostname, "node:lost");
    }
  }

  #forget(hostname: string, event: "node:leave" | "node:lost"): void {
    if (this.#peers.delete(hostname)) this.#parts.app.events.emit(event, { hostname });
  }

  #onElect(event: ReceivedEvent): void {
    const { id, pid, topic, action } = event as ReceivedEvent & Readonly<Record<string, unknown>>;
    if (typeof id !== "string") return;
    const node = `${event.hostname}.${String(pid)}`;
    this.#electionOf(id).candidates.push({ clock: event.clock, node, topic, action });
    this.#parts.send("worker-elect-ack", { id });
  }

  #onAck(event: ReceivedEvent): void {
    const id = event["id"];
    if (typeof id !== "string" || !this.#ours.has(id)) return;
    const election = this.#electionOf(id);
    election.acknowledged.add(event.hostname);
    const electorate = [this.#parts.hostname, ...this.#peers.keys()];
    if (!electorate.every((node) => election.acknowledged.has(node))) return;
    this.#elections.delete(id);
    this.#ours.delete(id);
    this.#decide(id, election.candidates);
  }

  #decide(id: string, candidates: readonly Candidate[]): void {
    const { hostname, logger } = this.#parts;
    const [leader] = [...candidates].sort((a, b) => a.clock - b.clock || (a.node < b.node ? -1 : 1));
    if (leader === undefined) return;
    const isOurs = leader.node === `${hostname}.${process.pid}`;
    logger.info(
      { election: id, node: leader.node },
      isOurs ? "won an election" : "another worker was elected",
    );
    if (isOurs) this.#act(leader);
  }

  #act({ topic, action }: Candidate): void {
    const { app, logger } = this.#parts;
    if (topic !== "task") return logger.error({ topic }, "an election was held over an unknown topic");
    app.send(action as never).catch((err: unknown) => {
      logger.error({ err }, "the task of an election could not be sent");
    });
  }

  #electionOf(id: string): Election {
    const found = this.#elections.get(id) ?? { candidates: [], acknowledged: new Set() };
    this.#elections.set(id, found);
    for (const oldest of this.#elections.keys()) {
      if (this.#elections.size <= MAX_ELECTIONS) break;
      this.#elections.delete(oldest);
      this.#ours.delete(oldest);
    }
    return found;
  }
}
