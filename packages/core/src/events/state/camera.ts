import {
  type Cancel,
  type Clock,
  ImproperlyConfiguredError,
  type Logger,
  silentLogger,
  systemClock,
} from "@q/kernel";
import type { EventState } from "./event-state.ts";

/** Options of a {@link Camera}. */
export interface CameraOptions {
  /** Seconds between snapshots. Default 1. */
  readonly freq?: number;
  /** Most snapshots: `10/s`, `10/m`, `10/h`, or a number per second. Default no limit. */
  readonly maxrate?: string | number;
  /** Seconds between calls of `onCleanup`. Default 3600. */
  readonly cleanupFreq?: number;
  readonly logger?: Logger;
  readonly clock?: Clock;
}

const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600 };

/**
 * Looks at the state of the fleet at intervals: a subclass stores what {@link onShutter} sees. Snapshots do not
 * overlap, and no event changes the state while one is taken.
 *
 * @see celery/events/snapshot.py, Polaroid
 */
export class Camera implements AsyncDisposable {
  readonly state: EventState;
  /** Forget workers and finished tasks after each snapshot. */
  readonly clearAfter: boolean = false;
  readonly #options: CameraOptions;
  readonly #clock: Clock;
  readonly #pauseMs: number;
  #next: Cancel | undefined;
  #nextCleanup: Cancel | undefined;
  #lastMs = -Infinity;
  #taking: Promise<void> | undefined;

  /** @throws {ImproperlyConfiguredError} for a rate that is none */
  constructor(state: EventState, options: CameraOptions = {}) {
    this.state = state;
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#pauseMs = pauseOf(options.maxrate);
  }

  /** Stores the state. */
  onShutter(_state: EventState): void | Promise<void> {}

  /** Removes what was stored long ago. */
  onCleanup(): void | Promise<void> {}

  /** Begins to take snapshots. */
  install(): void {
    const { freq = 1, cleanupFreq = 3600 } = this.#options;
    this.#next ??= this.#every(
      freq,
      (cancel) => (this.#next = cancel),
      () => this.capture(),
    );
    this.#nextCleanup ??= this.#every(
      cleanupFreq,
      (cancel) => (this.#nextCleanup = cancel),
      () => this.onCleanup(),
    );
  }

  /** Takes a snapshot now, unless one is being taken or the rate forbids it. */
  capture(): Promise<void> {
    const nowMs = this.#clock.monotonic();
    if (this.#taking !== undefined) return this.#taking;
    if (nowMs - this.#lastMs < this.#pauseMs) return Promise.resolve();
    this.#lastMs = nowMs;
    this.#taking = this.state
      .freezeWhile(() => this.onShutter(this.state), { clearAfter: this.clearAfter })
      .finally(() => (this.#taking = undefined));
    return this.#taking;
  }

  /** Takes a last snapshot and ends. */
  async cancel(): Promise<void> {
    const wasInstalled = this.#next !== undefined;
    this.#next?.();
    this.#nextCleanup?.();
    this.#next = undefined;
    this.#nextCleanup = undefined;
    await this.#taking;
    this.#lastMs = -Infinity;
    if (wasInstalled) await this.capture();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.cancel();
  }

  #every(seconds: number, keep: (cancel: Cancel) => void, run: () => void | Promise<void>): Cancel {
    const again = (): Cancel =>
      this.#clock.schedule(seconds * 1000, () => {
        keep(again());
        Promise.resolve()
          .then(run)
          .catch((err: unknown) => (this.#options.logger ?? silentLogger).error({ err }, "a camera failed"));
      });
    return again();
  }
}

/** Milliseconds between two snapshots at this rate. */
function pauseOf(rate: string | number | undefined): number {
  if (rate === undefined || rate === "") return 0;
  const [, count, unit = "s"] = /^(\d+(?:\.\d+)?)(?:\/([smh]))?$/.exec(String(rate)) ?? [];
  if (count === undefined || Number(count) <= 0) {
    throw new ImproperlyConfiguredError(`a rate is written 10/s, 10/m or 10/h, not "${rate}"`);
  }
  return ((SECONDS[unit] ?? 1) * 1000) / Number(count);
}
