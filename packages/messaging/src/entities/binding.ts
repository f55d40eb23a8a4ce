import type { Exchange } from "./exchange.ts";

/** A rule that routes messages of an exchange to a queue. */
export class Binding {
  readonly kind = "binding";
  readonly queue: string;
  readonly exchange: Exchange;
  readonly routingKey: string;
  readonly arguments: Readonly<Record<string, unknown>>;

  constructor(
    queue: string,
    exchange: Exchange,
    options: { routingKey?: string; arguments?: Readonly<Record<string, unknown>> } = {},
  ) {
    this.queue = queue;
    this.exchange = exchange;
    this.routingKey = options.routingKey ?? "";
    this.arguments = options.arguments ?? {};
  }
}
