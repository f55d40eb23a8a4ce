import { createApp } from "@q/core";
import { expect, it } from "vitest";
import {
  type LedgerReport,
  openLedger,
  requires,
  seededRandom,
  startProxy,
  startRedis,
  suiteResource,
  tempFolder,
  uniqueName,
  waitUntil,
} from "../harness/index.ts";
import { qWorker, type QWorkerOptions, startQWorker } from "../harness/q-worker.ts";
import { brokers } from "./brokers.ts";
import { unexplainedRepeats } from "./executions.ts";

const rounds = process.env["Q_TEST_FULL"] === "1" ? 40 : 2;
/** Longer than any of these tests waits for a worker to end. */
const LONG_MS = 60_000;
const app = "recovery/app.mjs";

for (const broker of brokers) {
  requires(...broker.needs)(`Signals to a worker, on ${broker.name}`, () => {
    const opened = suiteResource(broker.open);

    async function scene() {
      const { url } = opened();
      // A queue of its own, for the tests run side by side.
      const settings = { ...opened().settings, taskDefaultQueue: uniqueName("signals") };
      const ledger = await openLedger();
      const client = createApp("client", { broker: url, taskIgnoreResult: true, ...settings });
      const worker: QWorkerOptions = { app, broker: url, settings, ledger: ledger.path, args: ["-c", "4"] };
      const dispose = async (): Promise<void> => {
        await client.close();
        await ledger[Symbol.asyncDispose]();
      };
      const read = (): Promise<LedgerReport> => ledger.read();
      /** Sends tasks and returns their ids. */
      const send = async (
        count: number,
        durationMs: () => number,
        name = "recovery.late",
      ): Promise<string[]> => {
        const sent = Array.from({ length: count }, () => client.sendTask(name, [durationMs()]));
        return (await Promise.all(sent)).map(({ id }) => id);
      };
      const allEnd = async (ids: readonly string[]): Promise<void> => {
        const lost = async (): Promise<unknown[]> => (await read()).lost(ids);
        await waitUntil(lost, {
          accept: (left) => left.length === 0,
          timeoutMs: 30_000,
          what: "all tasks to end",
        });
      };
      return { ledger, worker, read, send, allEnd, [Symbol.asyncDispose]: dispose };
    }

    it.concurrent(
      `TERM under load, ${rounds} times: what runs ends, the rest runs elsewhere, exit code 0`,
      async () => {
        const random = seededRandom();
        const seed = `seed ${random.seed}`;
        await using set = await scene();
        const ids: string[] = [];
        await using _other = await qWorker({ ...set.worker, args: ["-c", "1"] });
        for (let round = 0; round < rounds; round++) {
          await using worker = await qWorker(set.worker);
          ids.push(
            ...(await set.send(
              40,
              () => random.int(0, 100),
              random.pick(["recovery.late", "recovery.early"]),
            )),
          );
          const started = (await set.read()).starts.size;
          const due = started + random.int(0, 30);
          await waitUntil(async () => (await set.read()).starts.size >= due, {
            what: `${due} starts (${seed})`,
          });
          expect(await worker.stop("SIGTERM"), seed).toEqual({ code: 0, signal: null });
          // Nothing that ran here was left unfinished.
          const own = (await set.read()).entries.filter(({ pid }) => pid === worker.pid);
          expect(own.filter(({ event }) => event === "start").length, seed).toBe(
            own.filter(({ event }) => event === "end").length,
          );
        }
        await set.allEnd(ids);
        expect(unexplainedRepeats(await set.read(), []), seed).toEqual([]);
      },
      240_000,
    );

    it.concurrent("a second INT gives running late tasks back and exits with 1", async () => {
      await using set = await scene();
      await using worker = await qWorker(set.worker);
      const [id = ""] = await set.send(1, () => LONG_MS, "recovery.interrupted");
      await waitUntil(async () => (await set.read()).starts.has(id));
      worker.kill("SIGINT");
      await worker.waitFor(/warm shutdown/);
      expect(worker.isRunning).toBe(true);
      expect(await worker.stop("SIGINT")).toEqual({ code: 1, signal: null });
      expect((await set.read()).ends.has(id)).toBe(false);
      await using _next = await qWorker(set.worker);
      await set.allEnd([id]);
      expect((await set.read()).starts.get(id)).toBe(2);
    });

    it.concurrent("QUIT gives running late tasks back at once and exits with 1", async () => {
      await using set = await scene();
      await using worker = await qWorker(set.worker);
      const [id = ""] = await set.send(1, () => LONG_MS, "recovery.interrupted");
      await waitUntil(async () => (await set.read()).starts.has(id));
      expect(await worker.stop("SIGQUIT")).toEqual({ code: 1, signal: null });
      await using _next = await qWorker(set.worker);
      await set.allEnd([id]);
      expect((await set.read()).starts.get(id)).toBe(2);
    });

    it.concurrent("a grace period ends what still runs, and gives it back", async () => {
      await using set = await scene();
      await using worker = await qWorker({ ...set.worker, args: ["-c", "4", "--grace-period", "0.5"] });
      const [id = ""] = await set.send(1, () => LONG_MS, "recovery.interrupted");
      await waitUntil(async () => (await set.read()).starts.has(id));
      const exit = await worker.stop("SIGTERM");
      expect(exit.signal).toBeNull();
      expect((await set.read()).ends.has(id)).toBe(false);
      await using _next = await qWorker(set.worker);
      await set.allEnd([id]);
    });
  });
}

requires("redis")("A worker that is told to stop without a broker", () => {
  it.concurrent.each([
    ["SIGTERM", 0],
    ["SIGQUIT", 1],
  ] as const)("ends soon on %s, before and after it was connected", async (signal, code) => {
    await using redis = await startRedis();
    await using proxy = await startProxy({ target: redis.url });
    proxy.refuse();
    await using early = startQWorker({ app, broker: proxy.url });
    await early.waitFor(/trying again/);
    expect(await early.stop(signal)).toEqual({ code, signal: null });
    expect(early.lines.filter((line) => line.endsWith(" ready."))).toEqual([]);
    await proxy.accept();
    await using late = await qWorker({ app, broker: proxy.url });
    proxy.refuse();
    proxy.cut();
    await late.waitFor(/trying again/);
    expect(await late.stop(signal)).toEqual({ code, signal: null });
  });

  it.concurrent("ends soon although its connection is dead and says nothing", async () => {
    await using redis = await startRedis();
    await using proxy = await startProxy({ target: redis.url });
    await using ledger = await openLedger();
    await using worker = await qWorker({ app, broker: proxy.url, ledger: ledger.path });
    proxy.blackhole();
    expect(await worker.stop("SIGTERM")).toEqual({ code: 0, signal: null });
  });
});

requires()("Files and options of a worker", () => {
  const broker = "memory://";

  it.concurrent("writes its process id and removes the file when it ends", async () => {
    await using folder = await tempFolder("pid");
    const { readFile, stat } = await import("node:fs/promises");
    const pidfile = `${folder.path}/%n.pid`;
    await using worker = await qWorker({ app, broker, args: ["-n", "one@%h", "--pidfile", pidfile] });
    expect(await readFile(`${folder.path}/one.pid`, "utf8")).toBe(`${worker.pid}\n`);
    await using second = startQWorker({ app, broker, args: ["-n", "one@%h", "--pidfile", pidfile] });
    expect(await second.exited).toMatchObject({ code: 73 });
    expect(second.tail).toContain(`process ${worker.pid} is already running`);
    expect(await worker.stop()).toEqual({ code: 0, signal: null });
    await expect(stat(`${folder.path}/one.pid`)).rejects.toMatchObject({ code: "ENOENT" });
  });

  it.concurrent.each([
    [["--pidfile", "/nonexistent/folder/q.pid"], 73, "cannot be written"],
    [["--logfile", "/dev/null/q.log"], 73, "cannot be written"],
    [["--loglevel", "loud"], 64, "there is no log level"],
    [["-c", "-1"], 64, "concurrency is a whole number"],
    [["--broker", "nonsense://"], 64, "ERR_Q_UNKNOWN_TRANSPORT"],
  ])("refuses %j with exit code %i", async (args, code, text) => {
    await using worker = startQWorker({ app, broker, args });
    expect(await worker.exited).toMatchObject({ code });
    expect(worker.tail).toContain(text);
  });
});
