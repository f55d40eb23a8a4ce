import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { requires, startRedis, suiteResource, tempFolder, waitUntil } from "../harness/index.ts";
import { childrenOf, isAlive } from "../harness/process-tree.ts";
import { scene } from "./scene.ts";

const isFull = process.env["Q_TEST_FULL"] === "1";

requires("redis")("A task that ends its process", () => {
  const redis = suiteResource(startRedis);
  const small = { env: { NODE_OPTIONS: "--max-old-space-size=64" } };

  it.concurrent.each([
    ["pools.exit", /exitcode 3/],
    ["pools.kill", /SIGKILL/],
    ["pools.segfault", /SIGSEGV/],
    ["pools.memory", /SIGABRT|exitcode 134/],
    ["pools.rejection", /nobody waits for this/],
    ["pools.exception", /nobody catches this/],
  ])("%s fails as lost, and the worker goes on", async (name, reason) => {
    await using set = await scene(redis(), small);
    const neighbour = set.call("pools.late", [1000]);
    await expect(set.call(name)).rejects.toMatchObject({
      code: "ERR_Q_WORKER_LOST",
      message: expect.stringMatching(reason) as string,
    });
    expect(await set.call("pools.add", [2, 3])).toBe(5);
    await neighbour;
    expect(await set.worker.stop("SIGTERM")).toEqual({ code: 0, signal: null });
  });

  it.concurrent("no task is lost when the disk of the log is full", async () => {
    await using set = await scene(redis(), { args: ["-c", "1", "-f", "/dev/full"] });
    const pid = await set.call("pools.print", ["one"]);
    expect(await set.call("pools.print", ["two"])).toBe(pid);
    expect(set.worker.lines.filter((line) => line.includes("ENOSPC"))).toHaveLength(1);
    expect(await set.worker.stop("SIGTERM")).toEqual({ code: 0, signal: null });
  });

  it.concurrent.each([
    ["pools.overflow", "RangeError"],
    ["pools.unserialisable", "EncodeError"],
    ["pools.cyclic", "EncodeError"],
  ])("%s fails as itself, and its process lives", async (name, excType) => {
    await using set = await scene(redis(), { args: ["-c", "1"] });
    const pid = await set.call("pools.pid");
    await expect(set.call(name)).rejects.toMatchObject({ excType });
    expect(await set.call("pools.pid")).toBe(pid);
  });

  it.concurrent("is not run again once it has done so three times: it fails and is parked", async () => {
    await using set = await scene(redis());
    const sent = await set.client.sendTask("pools.poison", ["kill"]);
    await expect(sent.get({ timeout: 20 })).rejects.toMatchObject({ excType: "CrashLimitError" });
    expect((await set.read()).starts.get(sent.id)).toBe(3);
    const queue = `${set.client.conf.taskDefaultQueue}.parked`;
    const connection = await set.client.connectionForWrite();
    await using channel = await (await connection.connect()).openChannel();
    const parked = () => channel.queueInfo(queue);
    await waitUntil(parked, { accept: ({ messages }) => messages === 1, what: "the parked message" });
    expect(await set.call("pools.add", [1, 1])).toBe(2);
  });

  it.concurrent("that runs out of time again and again is stopped as well", async () => {
    await using set = await scene(redis(), { args: ["-c", "1"] });
    const sent = await set.client.sendTask("pools.endless");
    await expect(sent.get({ timeout: 20 })).rejects.toMatchObject({ excType: "CrashLimitError" });
    expect((await set.read()).starts.get(sent.id)).toBe(3);
  });
});

requires("redis")("A process that says nothing", () => {
  const redis = suiteResource(startRedis);

  it.concurrent.each(["pools.loop", "pools.stop"])(
    "%s: neighbours go on, and the hard limit ends it within a second",
    async (name) => {
      await using set = await scene(redis());
      const endless = set.call(name, [], { timeLimit: 1 });
      const startedMs = performance.now();
      const failed = endless.then(
        () => "succeeded",
        (error: unknown) => [(error as { code: string }).code, performance.now() - startedMs],
      );
      for (let n = 0; n < 20; n++) expect(await set.call("pools.add", [n, 1])).toBe(n + 1);
      const [code, afterMs] = (await failed) as [string, number];
      expect(code).toBe("ERR_Q_TIME_LIMIT");
      expect(afterMs).toBeGreaterThan(900);
      expect(afterMs).toBeLessThan(10_000);
      expect(await set.worker.stop("SIGTERM")).toEqual({ code: 0, signal: null });
    },
  );

  it.concurrent("does not delay short tasks while another is free, also across two workers", async () => {
    await using set = await scene(redis());
    await using _other = await set.start();
    const loops = await set.client.sendTask("pools.poison", ["loop"]);
    const waits = await set.client.sendTask("pools.early", [60_000]);
    const started = async (): Promise<unknown[]> => [...(await set.read()).starts.keys()];
    await waitUntil(started, { accept: (ids) => ids.includes(loops.id) && ids.includes(waits.id) });
    const calls = Array.from({ length: 100 }, (_, n) => set.call("pools.add", [n, 0]));
    expect(await Promise.all(calls)).toEqual(Array.from({ length: 100 }, (_, n) => n));
  });

  it.concurrent("a soft limit is the reason of the signal", async () => {
    await using set = await scene(redis());
    expect(await set.call("pools.soft", [], { softTimeLimit: 0.2 })).toBe("ERR_Q_SOFT_TIME_LIMIT");
  });
});

requires("redis")("The processes of a worker", () => {
  const redis = suiteResource(startRedis);

  it.concurrent("end within two seconds of its own death, whatever they do", async () => {
    await using set = await scene(redis(), { args: ["-c", "3"] });
    await set.client.sendTask("pools.loop");
    await set.client.sendTask("pools.early", [60_000]);
    await waitUntil(async () => (await set.read()).starts.size === 1);
    const children = childrenOf(set.worker.pid);
    expect(children.filter(isAlive)).toHaveLength(3);
    process.kill(set.worker.pid, "SIGKILL");
    // And what a busy machine adds.
    await waitUntil(() => children.filter(isAlive).length === 0, {
      timeoutMs: 10_000,
      what: "the end of the children",
    });
  });

  it.concurrent("are replaced after so many tasks, which the log tells at its level debug", async () => {
    const args = ["-c", "1", "--max-tasks-per-child", "2", "-l", "debug"];
    await using set = await scene(redis(), { args });
    const pids: unknown[] = [];
    for (let n = 0; n < 5; n++) pids.push(await set.call("pools.pid"));
    expect(new Set(pids).size).toBe(3);
    const line = await set.worker.waitFor((text) => text.includes("has had its tasks") && text);
    expect(JSON.parse(line)).toMatchObject({ level: 20, index: 0, pid: pids[0], tasks: 2 });
  });

  it.concurrent(
    "are replaced when they have grown, and the log says which, how large, and the limit",
    async () => {
      await using set = await scene(redis(), { args: ["-c", "1", "--max-memory-per-child", "1000"] });
      const pid = await set.call("pools.pid");
      const line = await set.worker.waitFor((text) => text.includes("exceeded its memory limit") && text);
      expect(JSON.parse(line)).toMatchObject({ level: 40, index: 0, pid, limitKiB: 1000 });
      expect((JSON.parse(line) as { usedKiB: number }).usedKiB).toBeGreaterThan(10_000);
      await waitUntil(() => set.call("pools.pid"), {
        accept: (next) => next !== pid,
        what: "another process",
      });
    },
  );

  it.concurrent.each(["prefork", "threads", "solo"])(
    "find in the environment how their worker logs, with -P %s",
    async (pool) => {
      await using folder = await tempFolder("logs");
      const log = `${folder.path}/%n.log`;
      const args = ["-n", "w@x", "-l", "info", "-f", log];
      await using set = await scene(redis(), {
        pool,
        args,
        settings: { workerRedirectStdoutsLevel: "ERROR" },
      });
      const names = ["LEVEL", "FILE", "REDIRECT", "REDIRECT_LEVEL"].map((name) => `CELERY_LOG_${name}`);
      const values = await set.call("pools.environment", [names]);
      expect(values).toEqual(["20", `${folder.path}/w.log`, "1", "ERROR"]);
    },
  );

  it.concurrent("print and log into the log of the worker, with the task's name and id", async () => {
    await using folder = await tempFolder("logs");
    await using set = await scene(redis(), { args: ["-c", "1", "-f", `${folder.path}/w%I.log`] });
    await set.call("pools.print", ["printed here"]);
    await set.call("pools.log", ["logged here"]);
    const lines = await waitUntil(
      () =>
        readFileSync(`${folder.path}/w-1.log`, "utf8")
          .split("\n")
          .filter((line) => line !== ""),
      { accept: (all) => all.length === 2, what: "two lines" },
    );
    const read = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(read).toMatchObject([
      { msg: "printed here", taskName: "pools.print", processName: "ForkPoolWorker-1", level: 40 },
      { msg: "logged here", taskName: "pools.log", at: 1, level: 40 },
    ]);
    expect(readFileSync(`${folder.path}/w.log`, "utf8")).toContain("worker ready");
  });

  it("may grow and shrink with the load", async () => {
    const args = ["--autoscale", "3,1"];
    await using set = await scene(redis(), { args, env: { AUTOSCALE_KEEPALIVE: "1" } });
    const size = (): number => childrenOf(set.worker.pid).length;
    expect(size()).toBe(1);
    const calls = Array.from({ length: isFull ? 60 : 12 }, () => set.call("pools.late", [500]));
    await waitUntil(size, { accept: (count) => count === 3, what: "three processes" });
    await Promise.all(calls);
    await waitUntil(size, { accept: (count) => count === 1, what: "one process", timeoutMs: 20_000 });
  });
});
