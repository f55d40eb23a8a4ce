import { setTimeout as sleep } from "node:timers/promises";
import { currentJob } from "@q/pool";

/** @param {number} n */
export const square = (n) => n * n;

export const add = async (a, b) => a + b;

export function fail(message) {
  throw new RangeError(message);
}

export const wait = (ms) => sleep(ms, "waited");

export const waitFor = (ms) => sleep(ms, ms);

export async function untilAborted() {
  const { signal } = currentJob();
  await sleep(60_000, undefined, { signal }).catch(() => signal.throwIfAborted());
}

export const never = () => {
  for (;;);
};

export const answer = () => 42;
