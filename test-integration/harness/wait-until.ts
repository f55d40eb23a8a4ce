import { setTimeout as sleep } from "node:timers/promises";
import { inspect } from "node:util";

export interface WaitOptions<T> {
  /** @defaultValue 30 000 */
  readonly timeoutMs?: number;
  /** Ends the wait; by default any truthy value does. */
  readonly accept?: (value: T) => boolean;
  /** What is waited for, for the message of the failure. */
  readonly what?: string;
}

/**
 * Reads again and again until the value is accepted, and returns it. The only wait allowed in these tests.
 *
 * A read that throws counts as "not yet". The failure says what the last read saw.
 */
export async function waitUntil<T>(read: () => T | Promise<T>, options: WaitOptions<T> = {}): Promise<T> {
  const { timeoutMs = 30_000, accept = Boolean, what = "the condition" } = options;
  const deadline = performance.now() + timeoutMs;
  let seen = "nothing yet";
  let cause: unknown;
  for (let pauseMs = 2; ; pauseMs = Math.min(pauseMs * 1.5, 25)) {
    try {
      const value = await read();
      if (accept(value)) return value;
      seen = inspect(value, { depth: 4, breakLength: 100 });
      cause = undefined;
    } catch (error) {
      seen = `an error: ${String(error)}`;
      cause = error;
    }
    if (performance.now() >= deadline) {
      throw new Error(`Waited ${timeoutMs} ms for ${what}; last seen: ${seen}`, { cause });
    }
    await sleep(pauseMs);
  }
}
