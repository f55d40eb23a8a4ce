import { randomUUID } from "node:crypto";
import type { App } from "../app/app.ts";
import { commandExchange } from "./revoke.ts";

/** Asks every worker for a `worker-heartbeat`; nobody answers otherwise. */
export async function broadcastHeartbeat(app: App): Promise<void> {
  const exchange = commandExchange(app.conf.controlExchange);
  const body = {
    method: "heartbeat",
    arguments: {},
    destination: null,
    pattern: null,
    matcher: null,
    ticket: randomUUID(),
  };
  const producer = await app.producer();
  await producer.publish(
    {
      body: Buffer.from(JSON.stringify(body)),
      contentType: "application/json",
      contentEncoding: "utf-8",
      headers: { clock: app.logicalClock.forward(), expires: app.clock.now() / 1000 + 60 },
      properties: { deliveryMode: 2 },
    },
    { exchange: exchange.name, routingKey: "" },
    { declare: [exchange] },
  );
}
