import type { App } from "@q/core";
import { expect, it } from "vitest";
import { requires, startRedis, suiteResource, waitUntil } from "../harness/index.ts";
import { type Scene, scene } from "./scene.ts";

/** Most messages that the only worker may hold now. */
async function prefetch(client: App): Promise<number> {
  const [stats] = Object.values(await client.control.inspect({ limit: 1 }).stats());
  return Number(stats?.["prefetch_count"]);
}

async function waiting({ client }: Scene): Promise<number> {
  const connection = await (await client.connectionForWrite()).connect();
  await using channel = await connection.openChannel();
  return (await channel.queueInfo(client.conf.taskDefaultQueue)).messages;
}

/** Runs short tasks until the worker fetches them ahead. */
async function getUpToSpeed(set: Scene): Promise<void> {
  await waitUntil(
    async () => {
      await Promise.all(Array.from({ length: 100 }, (_, n) => set.call("pools.add", [n, n])));
      return (await prefetch(set.client)) > 1;
    },
    { timeoutMs: 30_000 },
  );
}

requires("redis")("A worker that fetches short tasks ahead", () => {
  const redis = suiteResource(startRedis);

  it.concurrent("gives them back, unmarked, when one before them turns out to be long", async () => {
    await using set = await scene(redis(), { args: ["-c", "1"] });
    await getUpToSpeed(set);
    const long = await set.client.sendTask("pools.late", [60_000]);
    const short = await Promise.all(
      Array.from({ length: 20 }, () => set.client.sendTask("pools.redelivered")),
    );
    await waitUntil(async () => (await set.read()).starts.has(long.id));
    // Not before it has fetched some.
    await waitUntil(async () => (await prefetch(set.client)) === 1);
    await waitUntil(async () => (await waiting(set)) === short.length);
    await using _other = await set.start();
    const redelivered = await Promise.all(short.map((result) => result.get({ timeout: 20 })));
    expect(new Set(redelivered)).toEqual(new Set([false]));
    expect((await set.read()).ends.has(long.id)).toBe(false);
  });

  it.concurrent("does not with a multiplier of its own", async () => {
    await using set = await scene(redis(), { args: ["-c", "2", "--prefetch-multiplier", "1"] });
    await Promise.all(Array.from({ length: 300 }, (_, n) => set.call("pools.add", [n, n])));
    // Less as long as a task runs whose message is acknowledged.
    await waitUntil(async () => (await prefetch(set.client)) === 2);
  });
});
