/** Milliseconds between two looks at the clock. */
const LOOK_MS = 100;

/**
 * Tells when something has kept the event loop busy for longer than `limitMs`: tasks, heartbeats and commands had to wait.
 * It can tell only afterwards.
 */
export class BlockDetector implements Disposable {
  readonly #timer: NodeJS.Timeout;

  constructor(limitMs: number, onBlocked: (blockedMs: number) => void) {
    let seen = performance.now();
    this.#timer = setInterval(() => {
      const blockedMs = performance.now() - seen - LOOK_MS;
      seen = performance.now();
      if (blockedMs > limitMs) onBlocked(Math.round(blockedMs));
    }, LOOK_MS).unref();
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}
