import { createApp } from "@q/core";

/** Asks every worker again and again, until it is killed. */
const app = createApp("asking", { broker: process.env["BROKER_URL"] ?? "" });
for (let count = 1; ; count++) {
  await app.control.ping({ limit: 2 });
  process.stdout.write(`asked ${count}\n`);
}
