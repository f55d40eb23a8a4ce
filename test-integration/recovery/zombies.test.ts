import { createApp } from "@q/core";
import { expect, it } from "vitest";
import { openLedger, requires, suiteResource, waitUntil } from "../harness/index.ts";
import { qWorker } from "../harness/q-worker.ts";
import { brokers } from "./brokers.ts";

/** Whoever is frozen longer than that is taken for dead: by leases on Redis, by heartbeats on RabbitMQ. */
const TAKEN_FOR_DEAD = { Redis: {}, RabbitMQ: { brokerHeartbeat: 2 } };

for (const broker of brokers.filter(({ name }) => name in TAKEN_FOR_DEAD)) {
  requires(...broker.needs)(`A worker that was frozen and taken for dead, on ${broker.name}`, () => {
    const opened = suiteResource(broker.open);

    it("cannot end the message that another worker has got, and works on when it thaws", async () => {
      await using ledger = await openLedger();
      const { url, settings: ofBroker } = opened();
      const settings = { ...ofBroker, ...TAKEN_FOR_DEAD[broker.name as keyof typeof TAKEN_FOR_DEAD] };
      await using app = createApp("client", { broker: url, taskIgnoreResult: true, ...settings });
      const options = {
        app: "recovery/app.mjs",
        broker: url,
        settings,
        ledger: ledger.path,
        args: ["-c", "1"],
      };
      await using zombie = await qWorker(options);

      // Its second delivery takes no time; the first one ends after the thaw.
      const { id } = await app.sendTask("recovery.interrupted", [5000]);
      await waitUntil(async () => (await ledger.read()).starts.get(id) === 1, { what: "the task to begin" });
      zombie.kill("SIGSTOP");

      await using heir = await qWorker(options);
      await waitUntil(async () => (await ledger.read()).ends.get(id) === 1, {
        what: "the other worker to end the task",
        timeoutMs: 40_000,
      });
      await heir.stop();
      const thawedAt = zombie.lines.length;
      zombie.kill("SIGCONT");

      await zombie.waitFor(/ERR_Q_LEASE_LOST|ended after its connection was lost/, {
        from: thawedAt,
        timeoutMs: 30_000,
      });
      const next = await app.sendTask("recovery.late", [0]);
      await waitUntil(async () => (await ledger.read()).ends.has(next.id), {
        what: "the thawed worker to run another task",
        timeoutMs: 30_000,
      });
      const { starts, ends } = await ledger.read();
      expect([starts.get(id), ends.get(id)]).toEqual([2, 2]);
    });
  });
}
