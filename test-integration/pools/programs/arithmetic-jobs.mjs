import { setTimeout as sleep } from "node:timers/promises";

/** @param {number} n */
export const square = (n) => n * n;

export const add = async (a, b) => a + b;

export function fail(message) {
  throw new RangeError(message);
}

export const wait = (ms) => sleep(ms, "waited");

export const never = () => {
  for (;;);
};

export const answer = () => 42;
