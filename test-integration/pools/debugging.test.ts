import { expect, it } from "vitest";
import { ChildProgram, freePort, requires, startRedis, suiteResource } from "../harness/index.ts";
import { childrenOf } from "../harness/process-tree.ts";
import { scene } from "./scene.ts";

/** Node's debugger for terminals, attached to a port; it prints what it is told in lines. */
async function attach(port: number): Promise<ChildProgram> {
  const inspect = new ChildProgram({
    name: "node inspect",
    command: process.execPath,
    args: ["inspect", `127.0.0.1:${port}`],
    env: { NODE_OPTIONS: undefined, NO_COLOR: "1" },
  });
  await inspect.waitFor(/break in .*breakpoint/);
  return inspect;
}

requires("redis")("Debugging a worker", () => {
  const redis = suiteResource(startRedis);

  it.concurrent("USR2 opens inspectors where it is allowed to, and does nothing elsewhere", async () => {
    const port = await freePort();
    const env = { CELERY_RDBSIG: "1", CELERY_RDB_PORT: String(port) };
    await using open = await scene(redis(), { args: ["-c", "1"], env });
    await using closed = await scene(redis(), { args: ["-c", "1"] });
    open.worker.kill("SIGUSR2");
    const url = (at: number): RegExp => new RegExp(`ws://127\\.0\\.0\\.1:${at}/`);
    const line = await open.worker.waitFor((text) => text.includes("inspectors:") && text);
    expect(line).toMatch(url(port));
    expect(line).toMatch(url(port + 1));
    const answer = await fetch(`http://127.0.0.1:${port + 1}/json/list`);
    expect(await answer.json()).toHaveLength(1);

    const [child = 0] = childrenOf(closed.worker.pid);
    // To everyone, as `systemctl kill` does.
    closed.worker.kill("SIGUSR2");
    await closed.worker.waitFor(/USR2 is ignored/);
    expect(await closed.call("pools.pid")).toBe(child);
  });

  it.concurrent("EVENTLET_NOBLOCK warns of a task that blocks the event loop of -P async", async () => {
    await using set = await scene(redis(), { pool: "async", env: { EVENTLET_NOBLOCK: "0.3" } });
    await set.call("pools.late", [100]);
    await set.call("pools.busy", [800]);
    const line = await set.worker.waitFor((text) => text.includes("event loop was blocked") && text);
    expect((JSON.parse(line) as { blockedMs: number }).blockedMs).toBeGreaterThan(500);
  });

  it.concurrent("USR2 takes the next ports when others listen on the first ones", async () => {
    const port = await freePort();
    const env = { CELERY_RDBSIG: "1", CELERY_RDB_PORT: String(port) };
    await using first = await scene(redis(), { args: ["-c", "1"], env });
    await using second = await scene(redis(), { args: ["-c", "1"], env });
    const urls: string[] = [];
    for (const { worker } of [first, second]) {
      worker.kill("SIGUSR2");
      const line = await worker.waitFor((text) => text.includes("inspectors:") && text);
      urls.push(...(line.match(/ws:\/\/127\.0\.0\.1:\d+/g) ?? []));
    }
    expect(new Set(urls)).toHaveLength(4);
  });

  it.concurrent.each(["prefork", "threads", "solo"])(
    "a breakpoint waits for a debugger, which changes a variable and leaves, with -P %s",
    async (pool) => {
      const port = await freePort();
      const args = pool === "solo" ? [] : ["-c", "1"];
      await using set = await scene(redis(), { pool, args, env: { CELERY_RDB_PORT: String(port) } });
      const result = set.call("pools.debugged", [1]);
      const found = await set.worker.waitFor((line) => /listening on ws:.*:(\d+)/.exec(line)?.[1]);
      await using inspect = await attach(Number(found));
      inspect.write("out\n");
      // Newer Nodes call it a step.
      await inspect.waitFor(/(break|step) in .*app\.mjs/);
      inspect.write("exec bill.total = 4242\n");
      await inspect.waitFor(/4242$/);
      inspect.write(".exit\n");
      expect(await result).toBe(4242);
      expect(await set.worker.stop("SIGTERM")).toEqual({ code: 0, signal: null });
    },
  );

  it.concurrent.each(["prefork", "threads", "solo"])(
    "a breakpoint waits each time unless a debugger is there, with -P %s",
    async (pool) => {
      const port = await freePort();
      const args = pool === "solo" ? [] : ["-c", "1"];
      await using set = await scene(redis(), { pool, args, env: { CELERY_RDB_PORT: String(port) } });
      const first = set.call("pools.debugged", [1]);
      const found = await set.worker.waitFor((line) => /listening on ws:.*:(\d+)/.exec(line)?.[1]);
      await using gone = await attach(Number(found));
      gone.write(".exit\n");
      expect(await first).toBe(1);

      const second = set.call("pools.debugged", [2]);
      await set.worker.waitFor(new RegExp(`breakpoint waits .* on ws://127\\.0\\.0\\.1:${found}/`));
      await using inspect = await attach(Number(found));
      inspect.write("cont\n");
      expect(await second).toBe(2);

      const from = inspect.lines.length;
      const third = set.call("pools.debugged", [3]);
      await inspect.waitFor(/break in .*breakpoint/, { from });
      inspect.write(".exit\n");
      expect(await third).toBe(3);
      expect(set.worker.lines.filter((line) => line.includes("breakpoint waits"))).toHaveLength(1);
    },
  );
});
