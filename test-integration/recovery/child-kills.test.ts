import { createApp } from "@q/core";
import { expect, it } from "vitest";
import { openLedger, requires, suiteResource, uniqueName, waitUntil } from "../harness/index.ts";
import { qWorker } from "../harness/q-worker.ts";
import { brokers } from "./brokers.ts";

for (const broker of brokers) {
  requires(...broker.needs)(`A process of a worker that is killed, on ${broker.name}`, () => {
    const opened = suiteResource(broker.open);

    it("has its task run again where the task asks for that, and parked after the third time", async () => {
      const { url } = opened();
      const settings = { ...opened().settings, taskDefaultQueue: uniqueName("child") };
      await using ledger = await openLedger();
      await using app = createApp("client", { broker: url, taskIgnoreResult: true, ...settings });
      await using worker = await qWorker({
        app: "recovery/app.mjs",
        broker: url,
        settings,
        ledger: ledger.path,
        pool: "prefork",
        args: ["-c", "2"],
      });
      const processesOf = async (id: string): Promise<number[]> => {
        const { entries } = await ledger.read();
        return entries.filter((entry) => entry.id === id && entry.event === "start").map(({ pid }) => pid);
      };
      const started = (id: string, times: number): Promise<number[]> =>
        waitUntil(() => processesOf(id), {
          accept: (pids) => pids.length === times,
          what: `start ${times}`,
        });

      const early = await app.sendTask("recovery.early", [60_000]);
      const again = await app.sendTask("recovery.again", [60_000]);
      for (const pid of await started(early.id, 1)) process.kill(pid, "SIGKILL");
      for (let times = 1; times <= 3; times++) {
        const pids = await started(again.id, times);
        process.kill(pids.at(-1) ?? 0, "SIGKILL");
      }

      const connection = await app.connectionForWrite();
      await using channel = await (await connection.connect()).openChannel();
      const messagesOf = async (queue: string): Promise<number> => (await channel.queueInfo(queue)).messages;
      await waitUntil(async () => (await messagesOf(`${settings.taskDefaultQueue}.parked`)) === 1, {
        what: "the parked message",
      });
      // What comes behind it runs: nothing of the two is left in the queue.
      const last = await app.sendTask("recovery.late", [0]);
      await started(last.id, 1);
      expect(await processesOf(again.id)).toHaveLength(3);
      expect(await processesOf(early.id)).toHaveLength(1);
      expect(await worker.stop()).toEqual({ code: 0, signal: null });
      expect(await messagesOf(settings.taskDefaultQueue)).toBe(0);
    }, 120_000);
  });
}
