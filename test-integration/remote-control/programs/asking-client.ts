import { createApp } from "@q/core";

/** Does by turns what clients do with a fleet, and says when it begins, until it is killed. */
const broker = process.env["BROKER_URL"] ?? "";
const app = createApp("asking", { broker, backend: broker });

const deeds: readonly (() => Promise<unknown>)[] = [
  () => app.control.ping({ limit: 2 }),
  async () => (await app.sendTask("interop.add", [1, 2], { ignoreResult: false })).get({ timeout: 2 }),
  () => app.control.inspect({ limit: 1 }).stats(),
  async () => app.control.revoke((await app.sendTask("interop.sleep_for", [1], { countdown: 30 })).id),
  () => app.control.rateLimit("interop.mul", "10/s", { reply: true, limit: 1 }),
];

for (let count = 1; ; count++) {
  process.stdout.write(`began ${count}\n`);
  // A worker that is killed answers nothing.
  await deeds[count % deeds.length]?.().catch(() => undefined);
}
