import { createApp } from "@q/core";
import { Worker } from "@q/worker";
import { expect, it } from "vitest";
import { requires, startRedis, waitUntil } from "../harness/index.ts";

/** Bytes that the server may use beyond what it needs empty. */
const ROOM = 3_000_000;

requires("redis")("A Redis server whose memory is full", () => {
  it("is emptied by a worker, which stores every result as soon as there is room", async () => {
    await using redis = await startRedis({ config: { "maxmemory-policy": "noeviction" } });
    const client = redis.client();
    const [, used = "0"] = /used_memory:(\d+)/.exec(await client.info("memory")) ?? [];
    const setRoom = (bytes: number): Promise<unknown> =>
      client.config("SET", "maxmemory", Number(used) + bytes);
    await setRoom(ROOM);

    const settings = { broker: redis.url, backend: redis.url, taskPublishRetry: false };
    await using app = createApp("full", settings);
    let runs = 0;
    const length = app.task("full.length", (text: string) => {
      runs++;
      return text.length;
    });
    const confirmed = [];
    let refusal: unknown;
    while (refusal === undefined) {
      try {
        confirmed.push(await length.delay("x".repeat(5000)));
      } catch (error) {
        refusal = error;
      }
    }
    expect(refusal).toMatchObject({ code: "ERR_Q_PUBLISH", sent: "no" });
    await using worker = new Worker(app, { concurrency: 4 });
    await worker.start();
    // What the first ones leave is not enough for the sockets of the worker.
    await waitUntil(() => runs >= 4, { what: "the first tasks to run" });
    await setRoom(2 * ROOM);

    const lengths = await Promise.all(confirmed.map((result) => result.get({ timeout: 30 })));
    expect(lengths).toEqual(confirmed.map(() => 5000));
  });
});
