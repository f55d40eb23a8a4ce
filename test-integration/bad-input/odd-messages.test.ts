import { recordingLogger } from "@q/kernel/testing";
import { Worker } from "@q/worker";
import { afterAll, beforeAll, expect, it } from "vitest";
import { requires, suiteResource, waitUntil } from "../harness/index.ts";
import { brokers } from "../recovery/brokers.ts";
import { createArithmetic } from "./arithmetic.ts";
import { oddMessages } from "./messages.ts";

for (const broker of brokers) {
  requires(...broker.needs)(`Odd messages on ${broker.name}`, () => {
    const opened = suiteResource(broker.open);
    const setUp = async () => {
      const { url } = opened();
      const logger = recordingLogger();
      const app = createArithmetic({ broker: url, backend: "cache+memory://", logger });
      const worker = new Worker(app, { concurrency: 1 });
      await worker.start();
      return { app, worker, logger };
    };
    let parts: Awaited<ReturnType<typeof setUp>>;
    beforeAll(async () => void (parts = await setUp()));
    afterAll(async () => {
      await parts.worker.stop();
      await parts.app.close();
    });

    it.each(oddMessages)(
      "end as they should and leave the next task alone: $name",
      async ({ name, message, end }) => {
        const { app, logger, worker } = parts;
        const before = logger.lines.length;
        const producer = await app.producer();
        await producer.publish(message, { exchange: "", routingKey: "celery" });
        const next = await app.sendTask("t.add", [20, 1]);
        expect(await next.get({ timeout: 20 })).toBe(21);
        const discards = logger.lines.slice(before).filter((line) => line.message === "message discarded");
        const isDiscarded = end.startsWith("ERR_Q_");
        expect(discards.map(({ fields }) => fields["code"])).toEqual(isDiscarded ? [end] : []);
        const state = await waitUntil(() => app.AsyncResult(`odd ${name}`).state(), {
          accept: (found) => (found === "PENDING") === (isDiscarded && end !== "ERR_Q_NOT_REGISTERED"),
        });
        const stored = end === "ERR_Q_NOT_REGISTERED" ? "FAILURE" : "PENDING";
        expect(state).toBe(isDiscarded ? stored : end);
        await waitUntil(() => worker.consumer?.session?.unsettled === 0, {
          what: "everything to be settled",
        });
        expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
      },
    );
  });
}
