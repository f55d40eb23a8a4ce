import { randomUUID } from "node:crypto";
import type { Clock } from "@q/kernel";
import type { Producer } from "@q/messaging";
import { Exchange } from "@q/messaging/entities";

/** The exchange on which every worker hears remote control commands; `prefix` is the setting `controlExchange`. */
export function commandExchange(prefix: string): Exchange {
  return new Exchange(`${prefix}.pidbox`, { type: "fanout", durable: false });
}

/** What `revoke` asks for. */
export interface RevokeRequest {
  readonly ids: readonly string[];
  readonly clock: Clock;
  readonly exchange: Exchange;
  /** End the tasks where they already run. */
  readonly terminate?: boolean;
  /** Signal for the process that runs a task. Default SIGTERM. */
  readonly signal?: string;
}

/**
 * Broadcasts the command `revoke`; workers do not answer.
 *
 * @see wire protocol, "Remote control: request"
 */
export async function sendRevoke(producer: Producer, request: RevokeRequest): Promise<void> {
  const { ids, clock, exchange, terminate = false, signal = "SIGTERM" } = request;
  const body = {
    method: "revoke",
    arguments: { task_id: ids, terminate, signal },
    destination: null,
    pattern: null,
    matcher: null,
    ticket: randomUUID(),
  };
  await producer.publish(
    {
      body: Buffer.from(JSON.stringify(body)),
      contentType: "application/json",
      contentEncoding: "utf-8",
      headers: { clock: 1, expires: clock.now() / 1000 + 60 },
      properties: { deliveryMode: 2 },
    },
    { exchange: exchange.name, routingKey: "" },
    { declare: [exchange] },
  );
}
