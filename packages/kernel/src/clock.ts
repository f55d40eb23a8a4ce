/** Cancels what a {@link Clock} has scheduled; a second call does nothing. */
export type Cancel = () => void;

/** Time as Q sees it. Injected everywhere, so that tests own the time. */
export interface Clock {
  /** Wall clock, milliseconds since 1970. May jump. */
  now(): number;
  /** Milliseconds from an arbitrary origin; never goes back. Use it for durations. */
  monotonic(): number;
  /** Calls `run` once after `delayMs`. The pending call does not keep the process alive. */
  schedule(delayMs: number, run: () => void): Cancel;
}

/** Longest delay that `setTimeout` takes; a longer one would fire at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

function schedule(delayMs: number, run: () => void): Cancel {
  let timer: NodeJS.Timeout;
  const arm = (leftMs: number): void => {
    const stepMs = Math.min(Math.max(leftMs, 0), MAX_TIMER_MS);
    timer = setTimeout(() => (leftMs > stepMs ? arm(leftMs - stepMs) : run()), stepMs);
    timer.unref();
  };
  arm(delayMs);
  return () => clearTimeout(timer);
}

/** The real time of this machine. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  schedule,
};

/**
 * Resolves after `delayMs`, or as soon as `signal` aborts: look at `signal.aborted` to tell the two apart.
 * Unlike {@link Clock.schedule} it keeps the process alive while it waits on the system clock.
 */
export function sleep(
  delayMs: number,
  options: { clock?: Clock; signal?: AbortSignal | undefined } = {},
): Promise<void> {
  const { clock = systemClock, signal } = options;
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const keepAlive = clock === systemClock ? setInterval(() => {}, MAX_TIMER_MS) : undefined;
    const done = (): void => {
      cancel();
      clearInterval(keepAlive);
      signal?.removeEventListener("abort", done);
      resolve();
    };
    const cancel = clock.schedule(delayMs, done);
    signal?.addEventListener("abort", done, { once: true });
  });
}
