import { createApp } from "@q/core";
import { expect, it } from "vitest";
import { openLedger, requires, startRedis, suiteResource } from "../harness/index.ts";
import { qWorker } from "../harness/q-worker.ts";

const app = "interop-python/programs/interop-app.ts";

requires("redis")("a revocation", () => {
  const redis = suiteResource(() => startRedis());

  it("holds for workers that are started afterwards", async () => {
    await using ledger = await openLedger();
    const broker = redis().url;
    await using client = createApp("client", { broker, backend: broker });
    const sent = [];
    for (let n = 0; n < 20; n++) sent.push(await client.sendTask("interop.ledger", [`task-${n}`]));
    await client.revoke(sent.slice(0, 19).map(({ id }) => id));
    const worker = await qWorker({
      app,
      broker,
      settings: { resultBackend: broker },
      ledger: ledger.path,
      args: ["-c", "2"],
    });
    await using _worker = worker;
    await sent[19]?.get({ timeout: 20 });
    for (const result of sent.slice(0, 19))
      await expect(result.get({ timeout: 20 })).rejects.toThrow("revoked");
    expect(new Set((await ledger.read()).entries.map(({ id }) => id))).toEqual(new Set(["task-19"]));
    expect(await redis().client().ttl("_q.revoked")).toBeGreaterThan(10_000);
  });

  it("ends the process that runs a task, with the signal that was named", async () => {
    const broker = redis().url;
    await using client = createApp("client", { broker, backend: broker });
    await using worker = await qWorker({
      app,
      broker,
      settings: { resultBackend: broker },
      args: ["-c", "1", "-P", "prefork", "-Q", "killing"],
    });
    const running = await client.sendTask("interop.sleep_for", [60], { queue: "killing" });
    const inspect = client.control.inspect({ limit: 1, timeout: 20 });
    const [node] = Object.keys(await inspect.ping());
    const active = async () => (await inspect.active())[node ?? ""] ?? [];
    await expect.poll(active).toMatchObject([{ id: running.id, worker_pid: expect.any(Number) as number }]);
    const [info] = await active();
    expect(info?.worker_pid).not.toBe(worker.pid);
    const replies = await client.control.terminate(running.id, {
      signal: "SIGKILL",
      reply: true,
      limit: 1,
      timeout: 20,
    });
    expect(Object.values(replies[0] ?? {})).toEqual([{ ok: `terminate: ${running.id}` }]);
    await expect(running.get({ timeout: 20 })).rejects.toThrow("terminated");
    const alive = (): boolean => {
      try {
        return process.kill(info?.worker_pid ?? Number.NaN, 0);
      } catch {
        return false;
      }
    };
    await expect.poll(alive).toBe(false);
    expect(
      await (await client.sendTask("interop.add", [1, 2], { queue: "killing" })).get({ timeout: 20 }),
    ).toBe(3);
  });
});
