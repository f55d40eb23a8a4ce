import { recordingLogger } from "@q/kernel/testing";
import { Worker } from "@q/worker";
import { expect, it } from "vitest";
import { requires, seededRandom, startRedis, waitUntil } from "../harness/index.ts";
import { createArithmetic } from "./arithmetic.ts";
import { mutate } from "./mutations.ts";
import { realEntries, toleranceCases } from "./vectors.ts";

const MUTATIONS = 5000;
const BATCH = 100;

requires("redis")("Five thousand mutations of real messages", () => {
  it("stop no worker, keep no message and let every good task run", async () => {
    const random = seededRandom();
    const seed = `seed ${random.seed}`;
    await using redis = await startRedis();
    const client = redis.client();
    const logger = recordingLogger();
    await using app = createArithmetic({
      broker: redis.url,
      backend: redis.url,
      logger,
      acceptContent: ["json", "yaml", "msgpack"],
      // Mutated callbacks go to queues that nobody has.
      taskPublishRetry: false,
    });
    await using worker = new Worker(app, { concurrency: 8 });
    await worker.start();
    const sources = [...realEntries, ...toleranceCases.map(({ entry }) => entry)].filter((entry) =>
      entry.startsWith("{"),
    );
    for (let done = 0; done < MUTATIONS; done += BATCH) {
      const entries = Array.from({ length: BATCH }, () => mutate(random.pick(sources), random));
      const good = await app.sendTask("t.add", [done, 1]);
      await client.lpush("celery", ...entries);
      const last = await app.sendTask("t.mul", [done, 2]);
      expect(await good.get({ timeout: 30 }), seed).toBe(done + 1);
      expect(await last.get({ timeout: 30 }), seed).toBe(done * 2);
    }
    await waitUntil(() => worker.stats().waiting + worker.stats().running === 0, {
      what: `the queue to be worked off (${seed})`,
    });
    const discards = logger.lines.filter(({ message }) => message === "message discarded");
    // A discard without a code, or without anything to find the message by, would be a bug of ours.
    expect(
      discards.filter(({ fields }) => !String(fields["code"]).startsWith("ERR_Q_")),
      seed,
    ).toEqual([]);
    expect(
      discards.filter(({ fields }) => (fields["taskId"] ?? fields["tag"]) === undefined),
      seed,
    ).toEqual([]);
    expect(discards.length, seed).toBeGreaterThan(MUTATIONS / 10);
    expect(worker.consumer?.session?.generation, `${seed}: the consumer was never built anew`).toBe(1);
    expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
    // What remains are tasks for a later time; they are given back.
    await worker.stop();
    expect(await client.hlen("unacked"), seed).toBe(0);
    expect(await client.zcard("unacked_index"), seed).toBe(0);
  }, 120_000);
});
