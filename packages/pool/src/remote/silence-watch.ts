import { type Cancel, systemClock } from "@q/kernel";
import type { GivenJobs } from "./given-jobs.ts";

/** Milliseconds without a word after which it is called silence, and most milliseconds between two looks. */
const FIRST_LOOK_MS = 10;
const MAX_LOOK_MS = 250;

/** What a {@link SilenceWatch} needs. */
export interface SilenceWatchParts {
  readonly jobs: Pick<GivenJobs, "size" | "isUnheard">;
  /** Called for as long as the silence lasts, less and less often. */
  readonly onSilence: () => void;
}

/**
 * Knows when an executor was heard last, and tells when it says nothing though it has jobs: the one that runs may keep
 * the event loop there from telling that it was accepted, and how those before it ended.
 */
export class SilenceWatch {
  readonly #parts: SilenceWatchParts;
  #heardAt = systemClock.monotonic();
  #look: Cancel | undefined;

  constructor(parts: SilenceWatchParts) {
    this.#parts = parts;
  }

  /** Milliseconds since it was heard last. */
  get silentMs(): number {
    return systemClock.monotonic() - this.#heardAt;
  }

  /** It has said something, or has only now something to tell. */
  heard(at: number = systemClock.monotonic()): void {
    this.#heardAt = at;
  }

  /** It was given a job. Looks until it has told of all that it was given. */
  watch(): void {
    this.#lookAfter(FIRST_LOOK_MS);
  }

  stop(): void {
    this.#look?.();
  }

  #lookAfter(delayMs: number): void {
    this.#look ??= systemClock.schedule(delayMs, () => {
      this.#look = undefined;
      const { jobs, onSilence } = this.#parts;
      if (jobs.size === 0) return;
      const isSilent = this.silentMs >= FIRST_LOOK_MS;
      if (isSilent) onSilence();
      if (jobs.isUnheard) this.#lookAfter(isSilent ? Math.min(2 * delayMs, MAX_LOOK_MS) : FIRST_LOOK_MS);
    });
  }
}
