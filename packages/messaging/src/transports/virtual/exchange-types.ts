import { ImproperlyConfiguredError } from "@q/kernel";
import type { Exchange } from "../../entities/exchange.ts";

/** One row of a broker's binding table, as virtual transports keep it. */
export interface BindingRow {
  readonly routingKey: string;
  /** {@link topicRegex} of the routing key for topic exchanges; empty for the other types. */
  readonly pattern: string;
  readonly queue: string;
}

const virtualExchangeTypes: readonly string[] = ["direct", "topic", "fanout"];

/** @throws {ImproperlyConfiguredError} for an exchange type that virtual transports do not implement */
export function checkExchangeType({ name, type }: Exchange, transport: string): void {
  if (virtualExchangeTypes.includes(type)) return;
  throw new ImproperlyConfiguredError(
    `exchange "${name}" has the type "${type}", which the ${transport} transport does not know. ` +
      "Use direct, topic or fanout.",
  );
}

/** What is stored beside a binding of an exchange of that type, so that every client matches alike. */
export function bindingPattern(exchangeType: string, routingKey: string): string {
  return exchangeType === "topic" ? topicRegex(routingKey) : "";
}

/** Names of the queues that get a message, each once, in the order of the bindings. */
export function routeMessage(
  exchangeType: string,
  bindings: Iterable<BindingRow>,
  routingKey: string,
): string[] {
  const queues = new Set<string>();
  for (const binding of bindings) if (matches(exchangeType, binding, routingKey)) queues.add(binding.queue);
  return [...queues];
}

function matches(exchangeType: string, binding: BindingRow, routingKey: string): boolean {
  if (exchangeType === "fanout") return true;
  if (exchangeType === "topic") return matchesTopic(binding.pattern, routingKey);
  return binding.routingKey === routingKey;
}

const wildcards = new Map([
  ["*", ".*?[^\\.]"],
  ["#", ".*?"],
]);

/**
 * The regular expression that kombu stores for a topic binding key. Peers evaluate the stored text, so it is equal
 * to kombu's byte for byte, its peculiarities included: `*` also matches several words, `x.#.y` does not match `x.y`.
 *
 * @see kombu/transport/virtual/exchange.py, TopicExchange.key_to_pattern
 */
export function topicRegex(bindingKey: string): string {
  const words = escapeRegex(bindingKey).split(".");
  return `^${words.map((word) => wildcards.get(word) ?? word).join("\\.")}$`;
}

function escapeRegex(text: string): string {
  return text.replace(/[^\p{L}\p{N}.#*]/gu, (char) => (char === "\0" ? "\\000" : `\\${char}`));
}

const compiled = new Map<string, RegExp | undefined>();
/** Patterns come from other clients through the broker, so the cache must not grow with them. */
const MAX_COMPILED = 1000;

/** True when `routingKey` matches a stored topic pattern. A pattern that is no regular expression matches nothing. */
export function matchesTopic(pattern: string, routingKey: string): boolean {
  if (!compiled.has(pattern)) {
    if (compiled.size >= MAX_COMPILED) compiled.clear();
    compiled.set(pattern, compile(pattern));
  }
  return compiled.get(pattern)?.test(routingKey) ?? false;
}

function compile(pattern: string): RegExp | undefined {
  try {
    return new RegExp(pattern);
  } catch {
    return undefined;
  }
}
