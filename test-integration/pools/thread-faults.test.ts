import { expect, it } from "vitest";
import { requires, startRedis, suiteResource, waitUntil } from "../harness/index.ts";
import { scene } from "./scene.ts";

requires("redis")("A worker with threads", () => {
  const redis = suiteResource(startRedis);
  const pool = "threads";

  it.concurrent.each([
    ["pools.exit", /exitcode 3/],
    ["pools.memory", /memory/],
    ["pools.rejection", /nobody waits for this/],
    ["pools.exception", /nobody catches this/],
  ])("loses %s alone, and goes on", async (name, reason) => {
    await using set = await scene(redis(), { pool, env: { NODE_OPTIONS: "--max-old-space-size=64" } });
    const { id } = await set.client.sendTask("pools.late", [1000]);
    await expect(set.call(name)).rejects.toMatchObject({
      code: "ERR_Q_WORKER_LOST",
      message: expect.stringMatching(reason) as string,
    });
    expect(await set.call("pools.add", [2, 3])).toBe(5);
    await waitUntil(async () => (await set.read()).ends.has(id), { what: "the end of the neighbour" });
    expect((await set.read()).starts.get(id)).toBe(1);
    expect(await set.worker.stop("SIGTERM")).toEqual({ code: 0, signal: null });
  });

  it.concurrent.each([
    ["pools.overflow", "RangeError"],
    ["pools.unserialisable", "EncodeError"],
    ["pools.cyclic", "EncodeError"],
  ])("reports %s as its own failure, and its thread lives", async (name, excType) => {
    await using set = await scene(redis(), { pool, args: ["-c", "1"] });
    const thread = await set.call("pools.thread");
    await expect(set.call(name)).rejects.toMatchObject({ excType });
    expect(await set.call("pools.thread")).toBe(thread);
  });

  it.concurrent("ends a loop at its hard limit, in a second, while others run", async () => {
    await using set = await scene(redis(), { pool });
    const sent = await set.client.sendTask("pools.poison", ["loop"], { timeLimit: 1 });
    await waitUntil(async () => (await set.read()).starts.has(sent.id));
    const startedMs = performance.now();
    const failed = sent.get({ timeout: 20 }).catch((error: unknown) => error);
    for (let n = 0; n < 20; n++) expect(await set.call("pools.add", [n, 1])).toBe(n + 1);
    expect(await failed).toMatchObject({ code: "ERR_Q_TIME_LIMIT" });
    expect(performance.now() - startedMs).toBeLessThan(10_000);
  });

  it.concurrent("revokes a loop, and gives one back that a cold shutdown ends", async () => {
    await using set = await scene(redis(), { pool, args: ["-c", "1"] });
    const revoked = await set.client.sendTask("pools.poison", ["loop"]);
    await waitUntil(async () => (await set.read()).starts.has(revoked.id));
    await revoked.revoke({ terminate: true });
    await expect(revoked.get({ timeout: 20 })).rejects.toMatchObject({ code: "ERR_Q_TASK_REVOKED" });
    const given = await set.client.sendTask("pools.poison", ["loop"]);
    await waitUntil(async () => (await set.read()).starts.has(given.id));
    expect(await set.worker.stop("SIGQUIT")).toEqual({ code: 1, signal: null });
    await using _next = await set.start();
    await waitUntil(async () => (await set.read()).starts.get(given.id) === 2, { what: "the second start" });
    expect((await set.read()).starts.get(revoked.id)).toBe(1);
  });

  it.concurrent("stops a task that ends its thread three times", async () => {
    await using set = await scene(redis(), { pool });
    const sent = await set.client.sendTask("pools.poison", ["exit"]);
    await expect(sent.get({ timeout: 20 })).rejects.toMatchObject({ excType: "CrashLimitError" });
    expect((await set.read()).starts.get(sent.id)).toBe(3);
    expect(await set.call("pools.add", [1, 1])).toBe(2);
  });
});
