import type { Cancel, Clock } from "@q/kernel";
import type { Pool } from "@q/pool";
import type { WorkerRequest } from "./worker-request.ts";

/** Milliseconds of work that may wait here for a slot. */
const AHEAD_MS = 20;
/** Milliseconds after which the pace of the tasks is worked out anew. */
const LOOK_MS = 10;
/** Of the latest look, in the mean of all. */
const WEIGHT = 0.5;
/** Milliseconds in which the first of those that wait has to move up. */
const STUCK_MS = 50;

/** What a {@link WorkAhead} works with. */
export interface WorkAheadParts {
  readonly clock: Clock;
  readonly pool: Pick<Pool, "slots" | "capacity">;
  /** Messages per slot; 0 means no limit. */
  readonly multiplier: number | "auto";
  readonly requests: {
    readonly running: readonly WorkerRequest[];
    /** For a slot; the one whose turn is next first. */
    readonly waiting: readonly WorkerRequest[];
  };
  /** Gives requests that wait back to the broker. */
  readonly giveBack: (requests: ReadonlySet<WorkerRequest>) => void;
}

/**
 * How many messages a worker holds: so many per slot as it was told, or, with `auto`, one and what it gets done within
 * 20 ms at the pace of its latest tasks, so that slots need not wait for the broker between two short tasks: at most twice
 * what its pool takes, of which half is there while the other half is on its way. When tasks turn out to be longer, those
 * that wait go back to the broker within 100 ms, where other workers can take them.
 */
export class WorkAhead {
  readonly #parts: WorkAheadParts;
  #isOn = false;
  #ended = 0;
  #lookedAt: number;
  #endedPerMs = 0;
  #firstInLine: WorkerRequest | undefined;
  #timer: Cancel | undefined;

  constructor(parts: WorkAheadParts) {
    this.#parts = parts;
    this.#lookedAt = parts.clock.monotonic();
  }

  /** Messages are only held ahead where they can go back without a trace. */
  connect(broker: { readonly exactPrefetch: boolean; readonly returnsUnmarked: boolean }): void {
    this.#isOn = this.#parts.multiplier === "auto" && broker.exactPrefetch && broker.returnsUnmarked;
  }

  /** Messages that the worker may hold; 0 means no limit. */
  get capacity(): number {
    const { pool, multiplier } = this.#parts;
    const { slots, capacity } = pool;
    if (multiplier !== "auto") return slots * multiplier;
    if (!this.#isOn) return slots;
    return slots + Math.min(Math.floor(this.#endedPerMs * AHEAD_MS), 2 * capacity - slots);
  }

  /** A task has ended. */
  ended(): void {
    this.#ended++;
    const now = this.#parts.clock.monotonic();
    const elapsedMs = now - this.#lookedAt;
    if (elapsedMs < LOOK_MS) return;
    this.#endedPerMs += WEIGHT * (this.#ended / elapsedMs - this.#endedPerMs);
    this.#ended = 0;
    this.#lookedAt = now;
  }

  /** There may be requests that wait. */
  watch(): void {
    if (!this.#isOn || this.#timer !== undefined) return;
    this.#timer = this.#parts.clock.schedule(STUCK_MS, () => {
      this.#timer = undefined;
      this.#look();
    });
  }

  #look(): void {
    const { requests, pool, giveBack } = this.#parts;
    const { running, waiting } = requests;
    const isStuck = waiting.length > 0 && waiting[0] === this.#firstInLine;
    // Those within the slots stay: their slots may be free, only their executors are still starting.
    const surplus = running.length + waiting.length - pool.slots;
    this.#firstInLine = waiting[0];
    if (isStuck && surplus > 0) {
      this.#endedPerMs = 0;
      giveBack(new Set(waiting.slice(-surplus)));
    }
    if (waiting.length > 0) this.watch();
  }
}
