import type { Clock } from "@q/kernel";

/** Less is the slow correction of a clock by NTP. */
const JUMP_MS = 1000;

/** Notices when the wall clock is set, or went on while the machine slept. */
export class ClockWatch {
  readonly #clock: Clock;
  #wall: number;
  #monotonic: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#wall = clock.now();
    this.#monotonic = clock.monotonic();
  }

  /** Milliseconds by which the clock has jumped since the last call; negative when it was put back, mostly 0. */
  jump(): number {
    const [wall, monotonic] = [this.#clock.now(), this.#clock.monotonic()];
    const jumpMs = wall - this.#wall - (monotonic - this.#monotonic);
    [this.#wall, this.#monotonic] = [wall, monotonic];
    return Math.abs(jumpMs) < JUMP_MS ? 0 : Math.round(jumpMs);
  }
}
