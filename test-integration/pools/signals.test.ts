import { readFileSync } from "node:fs";
import { createApp } from "@q/core";
import { expect, it } from "vitest";
import { nodeProcess, requires, startRedis, suiteResource, tempFolder, uniqueName, waitUntil } from "../harness/index.ts"; // prettier-ignore
import { childrenOf, isAlive } from "../harness/process-tree.ts";
import { scene } from "./scene.ts";

requires("redis")("Signals to a worker with a pool", () => {
  const redis = suiteResource(startRedis);

  it.concurrent.each(["prefork", "threads"])(
    "USR1 shows what it and its executors do, also one that loops for ever, with -P %s",
    async (pool) => {
      await using set = await scene(redis(), { pool });
      const looping = set.call("pools.loop", [], { timeLimit: 20 });
      looping.catch(() => {});
      await waitUntil(() => set.worker.lines.some((line) => line.includes("pools.loop")));
      const shown = async (): Promise<string> => {
        const from = set.worker.lines.length;
        process.kill(set.worker.pid, "SIGUSR1");
        return set.worker.waitFor((line) => line.includes("tasks run") && line, { from });
      };
      const report = await waitUntil(shown, {
        // The worker hears late of a task that blocks, and the other executor has to do with its start at first.
        accept: (text) =>
          [/1 tasks run/, /at loop \(file:.*pools\/app\.mjs/, /:\\n +waits/].every((part) => part.test(text)),
        what: "the task with its stack, and an executor that waits",
      });
      expect(report).toMatch(/1 tasks run\\n +pools\.loop\[[-0-9a-f]+\] for [\d.]+ s in process \d+/);
      expect(report).toMatch(/executor [12], process \d+.*:\\n +waits/);
      expect(await set.call("pools.add", [1, 2])).toBe(3);
    },
  );

  it.concurrent("QUIT kills what runs and gives it back, though it loops for ever", async () => {
    await using set = await scene(redis());
    const looping = await set.client.sendTask("pools.poison", ["loop"]);
    const early = await set.client.sendTask("pools.early", [60_000]);
    const started = async (): Promise<number> => (await set.read()).starts.size;
    await waitUntil(started, { accept: (count) => count === 2 });
    const children = childrenOf(set.worker.pid);
    expect(await set.worker.stop("SIGQUIT")).toEqual({ code: 1, signal: null });
    expect(children.filter(isAlive)).toEqual([]);
    await using _next = await set.start(["-c", "1"]);
    await waitUntil(async () => (await set.read()).starts.get(looping.id) === 2, {
      what: "the second start",
    });
    expect((await set.read()).starts.get(early.id)).toBe(1);
  });

  it.concurrent("a third INT ends everything at once, also while a soft shutdown waits", async () => {
    await using set = await scene(redis(), { settings: { workerSoftShutdownTimeout: 60 } });
    await set.client.sendTask("pools.poison", ["loop"]);
    await waitUntil(async () => (await set.read()).starts.size === 1);
    const children = childrenOf(set.worker.pid);
    set.worker.kill("SIGINT");
    await set.worker.waitFor(/warm shutdown/);
    set.worker.kill("SIGINT");
    await set.worker.waitFor(/cold shutdown/);
    expect(set.worker.isRunning).toBe(true);
    expect(await set.worker.stop("SIGINT")).toEqual({ code: 1, signal: null });
    await waitUntil(() => children.filter(isAlive).length === 0, { what: "the end of the children" });
  });

  it.concurrent(
    "HUP ends a worker in the foreground warmly, and restarts one in the background",
    async () => {
      await using folder = await tempFolder("hup");
      const settings = { taskDefaultQueue: uniqueName("hup") };
      const { url } = redis();
      await using client = createApp("client", { broker: url, backend: url, ...settings });
      const [pidfile, logfile] = [`${folder.path}/w.pid`, `${folder.path}/w.log`];
      const env = { BROKER_URL: url, SETTINGS: JSON.stringify(settings) };
      const run = (args: readonly string[]) =>
        nodeProcess(
          "packages/cli/bin/q.js",
          ["-A", "./app.mjs", "--workdir", "pools", "worker", "-c", "1", ...args],
          {
            cwd: new URL("..", import.meta.url).pathname,
            env,
          },
        );
      const call = async (name: string, args: readonly unknown[] = []): Promise<unknown> => {
        const sent = await client.sendTask(name, args);
        return sent.get({ timeout: 30 });
      };
      await using foreground = run([]);
      await foreground.waitFor(/ ready\.$/, { timeoutMs: 30_000 });
      expect(await foreground.stop("SIGHUP")).toEqual({ code: 0, signal: null });

      const pid = (): number => Number(readFileSync(pidfile, "utf8"));
      await using start = run(["--detach", "--pidfile", pidfile, "--logfile", logfile]);
      expect(await start.exited).toMatchObject({ code: 0 });
      const first = pid();
      try {
        const before = await call("pools.pid");
        process.kill(first, "SIGHUP");
        const second = await waitUntil(pid, {
          accept: (other) => other > 0 && other !== first,
          what: "the worker that takes over",
          timeoutMs: 30_000,
        });
        await waitUntil(() => !isAlive(first), { what: "the end of the first worker" });
        expect(await call("pools.pid")).not.toBe(before);
        process.kill(second, "SIGTERM");
        await waitUntil(() => !isAlive(second), { what: "its end" });
      } finally {
        for (const left of [first, pidOrNone(pidfile)]) if (left !== undefined && isAlive(left)) process.kill(left, "SIGKILL"); // prettier-ignore
      }
    },
  );
});

function pidOrNone(path: string): number | undefined {
  try {
    return Number(readFileSync(path, "utf8")) || undefined;
  } catch {
    return undefined;
  }
}
