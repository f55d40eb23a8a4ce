import type { Address, WireMessage } from "../../contracts.ts";

/** Why a message left its queue without being acknowledged. */
export type DeathReason = "rejected" | "expired";

/** A message that died in a queue. */
export interface Death {
  readonly queue: string;
  readonly reason: DeathReason;
  readonly exchange: string;
  readonly routingKey: string;
  /** Milliseconds since 1970. */
  readonly atMs: number;
}

/** Where a queue with those arguments sends its dead messages; `undefined` when they are dropped. */
export function deadLetterAddress(
  queueArguments: Readonly<Record<string, unknown>>,
  routingKey: string,
): Address | undefined {
  const exchange = queueArguments["x-dead-letter-exchange"];
  if (typeof exchange !== "string") return undefined;
  const key = queueArguments["x-dead-letter-routing-key"];
  return { exchange, routingKey: typeof key === "string" ? key : routingKey };
}

/**
 * The message as it continues after its death: with RabbitMQ's `x-death` history, and without the expiration that
 * would end it again at once.
 */
export function deadLetter(message: WireMessage, death: Death): WireMessage {
  const { expiration, ...properties } = message.properties;
  const history = Array.isArray(message.headers["x-death"]) ? (message.headers["x-death"] as unknown[]) : [];
  const sameDeath = (entry: unknown): boolean =>
    isDeath(entry) && entry.queue === death.queue && entry.reason === death.reason;
  const earlier = history.find(sameDeath) as { count?: unknown } | undefined;
  const entry = {
    count: Number(earlier?.count ?? 0) + 1,
    reason: death.reason,
    queue: death.queue,
    exchange: death.exchange,
    "routing-keys": [death.routingKey],
    time: Math.floor(death.atMs / 1000),
    ...(expiration !== undefined && { "original-expiration": expiration }),
  };
  const headers = { ...message.headers, "x-death": [entry, ...history.filter((other) => other !== earlier)] };
  return { ...message, headers, properties };
}

function isDeath(value: unknown): value is { queue: unknown; reason: unknown } {
  return typeof value === "object" && value !== null && "queue" in value && "reason" in value;
}
