import type { MessageProperties } from "../../contracts.ts";

/**
 * When a message published now to a queue expires: the smaller of its own `expiration` and the queue's
 * `x-message-ttl`, in milliseconds since 1970; `undefined` for never.
 */
export function expiryOf(
  properties: MessageProperties,
  queueArguments: Readonly<Record<string, unknown>>,
  nowMs: number,
): number | undefined {
  const lifetimes = [milliseconds(properties.expiration), milliseconds(queueArguments["x-message-ttl"])];
  const shortest = Math.min(...lifetimes.filter((lifetime) => lifetime !== undefined));
  return shortest === Infinity ? undefined : nowMs + shortest;
}

/** A non-negative number of milliseconds, also as decimal text; `undefined` for anything else. */
export function milliseconds(value: unknown): number | undefined {
  const number = typeof value === "string" && value !== "" ? Number(value) : value;
  return typeof number === "number" && Number.isFinite(number) && number >= 0 ? Math.ceil(number) : undefined;
}
