import type { Io } from "../io.ts";

const WIDTH = 24;
const PAUSE_MS = 100;

/** A bar on a terminal that long work fills; elsewhere nothing, so that logs stay readable. */
export class Progress implements Disposable {
  readonly #io: Io;
  readonly #what: string;
  readonly #total: number | undefined;
  #drawnAt = -Infinity;

  /** Without a total only the number is shown. */
  constructor(io: Io, what: string, total?: number) {
    this.#io = io;
    this.#what = what;
    this.#total = total;
  }

  at(count: number): void {
    const now = performance.now();
    if (now - this.#drawnAt < PAUSE_MS && count !== this.#total) return;
    this.#drawnAt = now;
    this.#io.status?.(`${this.#what} ${this.#bar(count)}`);
  }

  /** Takes the bar off the terminal. */
  [Symbol.dispose](): void {
    if (this.#drawnAt !== -Infinity) this.#io.status?.("");
  }

  #bar(count: number): string {
    if (this.#total === undefined || this.#total === 0) return String(count);
    const filled = Math.min(WIDTH, Math.round((WIDTH * count) / this.#total));
    return `[${"#".repeat(filled)}${"-".repeat(WIDTH - filled)}] ${count}/${this.#total}`;
  }
}
