import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type App, type AppOptions, createApp } from "@q/core";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { Worker } from "./worker.ts";
import type { WorkerOptions } from "./worker-options.ts";

/** An app whose task notes its runs, and workers for it that end with the test. */
function site(options: AppOptions = {}) {
  const ran: string[] = [];
  const settings = {
    broker: `memory://${crypto.randomUUID()}`,
    backend: `cache+memory://${crypto.randomUUID()}`,
    ...options,
  };
  const open = (): App => {
    const app = createApp("test", settings);
    onTestFinished(() => app.close());
    app.task("t.note", (name: string) => void ran.push(name));
    return app;
  };
  const work = async (app: App, more: WorkerOptions = {}): Promise<Worker> => {
    const worker = new Worker(app, { concurrency: 1, ...more });
    onTestFinished(() => worker.stop("cold"));
    await worker.start();
    return worker;
  };
  return { ran, open, work };
}

/** Options for a task with that stamp. */
const stamped = (tenant: string | string[]) => ({
  headers: { stamps: { tenant }, stamped_headers: ["tenant"] },
});

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), "q-revocation-"));
  onTestFinished(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

describe("a revocation", () => {
  it.each(["memory", "SQLite"])(
    "holds for a task that was revoked while every worker was down, with results in %s",
    async (backend) => {
      const file = `sqlite:///${join(folder(), "q.db")}`;
      const { ran, open, work } = site(backend === "SQLite" ? { broker: file, backend: file } : {});
      const app = open();
      const [unwanted, wanted] = [
        await app.sendTask("t.note", ["no"]),
        await app.sendTask("t.note", ["yes"]),
      ];
      await unwanted.revoke();
      await work(open());
      await wanted.get({ timeout: 20 });
      await expect(unwanted.get({ timeout: 20 })).rejects.toThrow("revoked");
      expect(ran).toEqual(["yes"]);
    },
  );

  it.each(["memory", "SQLite"])(
    "by stamp holds for tasks that were sent while every worker was down, with results in %s",
    async (backend) => {
      const file = `sqlite:///${join(folder(), "q.db")}`;
      const { ran, open, work } = site(backend === "SQLite" ? { broker: file, backend: file } : {});
      const app = open();
      await app.AsyncResult("any").revokeByStampedHeaders({ tenant: ["a", "b"] });
      const unwanted = await app.sendTask("t.note", ["no"], stamped("b"));
      const wanted = await app.sendTask("t.note", ["yes"], stamped("c"));
      await work(open());
      await wanted.get({ timeout: 20 });
      await expect(unwanted.get({ timeout: 20 })).rejects.toThrow("revoked");
      expect(ran).toEqual(["yes"]);
    },
  );

  it("is stored at once for a task that no worker holds, and never over a success", async () => {
    const { open, work } = site();
    const app = open();
    await work(open());
    const done = await app.sendTask("t.note", ["x"]);
    await done.get({ timeout: 20 });
    const unknown = app.AsyncResult(crypto.randomUUID());
    await app.control.revoke([unknown.id, done.id]);
    await expect.poll(() => unknown.state()).toBe("REVOKED");
    expect(await done.state()).toBe("SUCCESS");
  });

  it("by stamp ends tasks that wait, that come later, and with terminate those that run", async () => {
    const { ran, open, work } = site();
    const app = open();
    const running = app.task("t.hold", () => new Promise<never>(() => {}));
    const workerApp = open();
    workerApp.register(running);
    const worker = await work(workerApp, { concurrency: 2 });
    const held = await app.sendTask("t.hold", [], stamped(["a", "b"]));
    const later = await app.sendTask("t.note", ["later"], { countdown: 3600, ...stamped("b") });
    await expect.poll(() => worker.stats()).toMatchObject({ running: 1, scheduled: 1 });
    const replies = await app.control.revokeByStampedHeaders(
      { tenant: ["b", "c"] },
      { terminate: true, reply: true, limit: 1 },
    );
    expect(Object.values(replies[0] ?? {})).toEqual([
      { ok: "headers defaultdict(<class 'set'>, {'tenant': {'b'}}) revoked" },
    ]);
    await expect(held.get({ timeout: 20 })).rejects.toThrow("terminated");
    await expect(later.get({ timeout: 20 })).rejects.toThrow("revoked");
    const next = await app.sendTask("t.note", ["next"], stamped("c"));
    await expect(next.get({ timeout: 20 })).rejects.toThrow("revoked");
    await (await app.sendTask("t.note", ["other"], stamped("d"))).get({ timeout: 20 });
    expect(ran).toEqual(["other"]);
  });

  it("is remembered across restarts in the file of --statedb, with the logical clock", async () => {
    const path = join(folder(), "%n.state");
    const { ran, open, work } = site({ backend: "rpc://" });
    const app = open();
    const first = await work(open(), { hostname: "one@here", statedb: path });
    const id = crypto.randomUUID();
    await app.revoke([id]);
    await app.control.revokeByStampedHeaders({ tenant: "a" });
    await expect.poll(() => [first.revoked.size, first.revokedStamps.size]).toEqual([1, 1]);
    const clock = first.app.logicalClock.value;
    await first.stop();
    const again = await work(open(), { hostname: "one@here", statedb: path });
    expect([again.revoked.texts(), again.app.logicalClock.value > clock]).toEqual([[id], true]);
    await app.sendTask("t.note", ["no"], { taskId: id });
    await app.sendTask("t.note", ["no"], stamped("a"));
    await app.sendTask("t.note", ["yes"]);
    await expect.poll(() => ran).toEqual(["yes"]);
  });

  it("does not start with a state file that could never be written", async () => {
    const { open, work } = site();
    const statedb = join(folder(), "missing", "state");
    await expect(work(open(), { statedb })).rejects.toMatchObject({ code: "ERR_Q_IMPROPERLY_CONFIGURED" });
  });

  it("is bounded by the variables of Celery", async () => {
    vi.stubEnv("CELERY_WORKER_REVOKES_MAX", "2");
    onTestFinished(() => void vi.unstubAllEnvs());
    const { open } = site();
    const worker = new Worker(open());
    worker.revoke(["a", "b", "c"]);
    expect(worker.revoked.texts()).toEqual(["b", "c"]);
  });

  it("reaches a worker that starts later through the others, when no backend records it", async () => {
    const file = `sqlite:///${join(folder(), "q.db")}`;
    const { open, work } = site({ broker: file, backend: "rpc://" });
    const first = await work(open(), { hostname: "one@here", withoutMingle: true });
    first.revoke(["x"]);
    first.revokedStamps.add('["tenant","a"]');
    const second = await work(open(), { hostname: "two@here" });
    expect(second.revoked.texts()).toEqual(["x"]);
    expect(second.revokedStamps.covers({ tenant: "a" })).toBe(true);
    expect(second.app.logicalClock.value).toBeGreaterThan(0);
  });
});
