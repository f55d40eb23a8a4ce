import { readFileSync, rmSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { createApp } from "@q/core";
import { builtinCommands } from "@q/core/internal/control";
import { createJsonSerializer } from "@q/messaging";
import { describe, expect, it, onTestFinished } from "vitest";
import { Worker } from "../worker.ts";
import type { WorkerOptions } from "../worker-options.ts";
import { panelCommands } from "./panel.ts";

/** A command that Celery's client sent, and what Celery's workers answered. */
interface Recorded {
  readonly name: string;
  readonly command: string;
  readonly arguments: Readonly<Record<string, unknown>>;
  readonly python_result: readonly Readonly<Record<string, unknown>>[] | null;
}

const file = new URL("../../../../test-integration/vectors/control_redis.json", import.meta.url);
// Python writes Infinity into its JSON.
const { cases: recorded } = createJsonSerializer().decode(readFileSync(file)) as { cases: Recorded[] };
const caseNamed = (name: string): Recorded => recorded.find((one) => one.name === name)!;
/** What the worker w1 answered, or the first that did. */
const pythonAnswer = ({ python_result: replies }: Recorded): unknown =>
  replies?.find((reply) => "w1@wire" in reply)?.["w1@wire"] ?? Object.values(replies?.[0] ?? {})[0];

async function started(options: WorkerOptions = {}, settings = {}) {
  const app = createApp("test", {
    broker: `memory://${crypto.randomUUID()}`,
    backend: `cache+memory://${crypto.randomUUID()}`,
    ...settings,
  });
  app.task("t.add", (x: number, y: number) => x + y);
  app.task({ name: "t.boring", rateLimit: "10/m" }, () => null);
  const worker = new Worker(app, { concurrency: 2, hostname: "w1@wire", ...options });
  onTestFinished(async () => {
    await worker.stop("cold");
    await app.close();
  });
  await worker.start();
  const ask = async (command: string, args: object = {}): Promise<unknown> => {
    const replies = await app.control.broadcast(command, { arguments: { ...args }, reply: true, limit: 1 });
    return replies[0]?.["w1@wire"];
  };
  return { app, worker, ask };
}

const something = expect.anything() as object;

describe("the panel of a worker", () => {
  it("has a handler for each of Celery's commands", () => {
    expect(Object.keys(panelCommands).sort()).toEqual(builtinCommands.map(({ name }) => name).sort());
  });

  it.each([
    "ping_one",
    "unknown_command",
    "revoke_list",
    "terminate",
    "revoke_by_stamped_headers",
    "revoke_by_stamped_headers_list",
    "rate_limit",
    "rate_limit_off",
    "rate_limit_zero_int",
    "rate_limit_bad",
    "rate_limit_bad_unit",
    "rate_limit_unknown_task",
    "time_limit",
    "time_limit_unknown",
    "enable_events_again",
    "heartbeat",
    "hello_self",
    "pool_grow",
    "pool_shrink",
    "autoscale_not_enabled",
    "add_consumer",
    "cancel_consumer",
    "bad_arguments",
    "missing_arguments",
    "pool_restart",
  ])("answers as Celery's did: %s", async (name) => {
    const { ask } = await started({ taskEvents: true }, { workerPoolRestarts: true });
    const { command, arguments: args } = caseNamed(name);
    const expected = JSON.stringify(pythonAnswer(caseNamed(name)));
    // The order of a Python set is anybody's guess.
    const sorted = (text: string): string =>
      text.replace(/\{'.*'\}/, (set) =>
        set
          .split(/[{},]\s*/)
          .sort()
          .join(),
      );
    expect(sorted(JSON.stringify(await ask(command, args)))).toEqual(sorted(expected));
  });

  it.each(["stats", "active_queues", "conf", "dump_conf_alias", "clock", "hello", "report", "revoked"])(
    "answers in the shape of Celery's: %s",
    async (name) => {
      const { ask } = await started();
      const { command, arguments: args } = caseNamed(name);
      expect(typesOf(await ask(command, args))).toMatchObject(essential(name));
    },
  );

  it("shows tasks that run, wait, and wait for their time, as Celery does", async () => {
    const { app, ask } = await started({ concurrency: 1, prefetchMultiplier: 2 });
    let release = (): void => {};
    const gate = new Promise<void>((resolve) => (release = resolve));
    const block = app.task("t.block", async (_x: number) => gate);
    const later = await block.applyAsync([16], { countdown: 3600 });
    await expect.poll(() => ask("scheduled")).toHaveLength(1);
    const running = await block.delay(14);
    const waiting = await block.delay(15);
    // For a moment the first one is the only one that is reserved.
    await expect.poll(() => ask("reserved")).toMatchObject([{ id: waiting.id }]);

    const active = (await ask("active")) as Record<string, unknown>[];
    expect(active).toMatchObject([{ id: running.id, name: "t.block", args: [14], kwargs: {} }]);
    expect(Object.keys(active[0] ?? {})).toEqual(Object.keys(firstOf("active")));
    expect(await ask("active", { safe: true })).toMatchObject([{ args: "(14,)", kwargs: "{}" }]);
    expect(await ask("reserved")).toMatchObject([
      { id: waiting.id, args: [15], time_start: null, worker_pid: null },
    ]);
    expect(await ask("scheduled")).toMatchObject([
      { eta: expect.stringMatching(/^\d{4}-.*\+00:00$/) as string, priority: 6, request: { id: later.id } },
    ]);
    expect(await ask("query_task", { ids: [running.id, later.id, "nobody"] })).toMatchObject({
      [running.id]: ["active", { id: running.id }],
      [later.id]: ["reserved", { id: later.id }],
    });
    release();
    await running.get();
  });

  it("writes a heap snapshot where only its user may read it", async () => {
    const { ask } = await started();
    const { filename } = (await ask("objgraph")) as { filename: string };
    onTestFinished(() => rmSync(dirname(filename), { recursive: true }));
    const snapshot = JSON.parse(readFileSync(filename, "utf8")) as { snapshot: object };
    expect(snapshot.snapshot).toMatchObject({ node_count: expect.any(Number) as number });
    expect(statSync(dirname(filename)).mode & 0o077).toBe(0);
  });

  it("names registered tasks with the attributes asked for", async () => {
    const { ask } = await started();
    expect(await ask("registered")).toEqual(["t.add", "t.boring [rate_limit=10/m]"]);
    const all = await ask("registered", {
      builtins: true,
      taskinfoitems: ["rate_limit", "max_retries", "name"],
    });
    expect(all).toContain("t.boring [rate_limit=10/m max_retries=3 name=t.boring]");
    expect(all).toContain("celery.backend_cleanup [max_retries=3 name=celery.backend_cleanup]");
  });

  it("takes tasks from a queue that was added, and no more from one that was cancelled", async () => {
    const { app, worker, ask } = await started();
    await ask("add_consumer", { queue: "extra" });
    await expect.poll(() => worker.consumer?.consumingFrom()).toEqual(["celery", "extra"]);
    expect(await (await app.sendTask("t.add", [1, 2], { queue: "extra" })).get()).toBe(3);
    await ask("cancel_consumer", { queue: "celery" });
    await expect.poll(() => worker.consumer?.consumingFrom()).toEqual(["extra"]);
    expect((await ask("active_queues")) as unknown[]).toHaveLength(1);
  });

  it("obeys commands of the app's own, in the types that they name", async () => {
    const { app, ask } = await started();
    app.commands.control(
      { name: "hold", args: { n: Number }, signature: "[N=1]" },
      ({ worker }, { n = 1 }) => {
        worker.adjustPrefetch(n);
        return { ok: `${n} more` };
      },
    );
    app.commands.inspect({ name: "broken", alias: "dump_broken" }, () => {
      throw new RangeError("on purpose");
    });
    app.commands.inspect(
      { name: "count", args: { from: Number }, variadic: "words" },
      (_context, { from = 0, words = [] }) => from + words.length,
    );
    expect(await ask("count", { from: 1, words: ["a", "b"] })).toBe(3);
    expect(await ask("count", { words: "a" })).toBe(1);
    expect(await ask("count")).toBe(0);
    expect(await ask("count", { words: [1] })).toEqual({
      error: "TypeError('count: argument words is no list of strings')",
    });
    expect(await ask("hold", { n: "3" })).toEqual({ ok: "3 more" });
    expect(await ask("hold")).toEqual({ ok: "1 more" });
    expect(await ask("hold", { n: "many" })).toEqual({ error: "TypeError('hold: argument n is no number')" });
    expect(await ask("dump_broken")).toEqual({ error: "RangeError('on purpose')" });
    expect(() => app.commands.control({ name: "dump_active" }, () => null)).toThrow(/"active" already/);
  });

  it("shows the autoscaler, as Celery does", async () => {
    const { ask } = await started({ autoscale: { max: 3, min: 1 } });
    const { autoscaler } = (await ask("stats")) as { autoscaler?: object };
    expect(autoscaler).toEqual({ max: 3, min: 1, current: something, qty: 0 });
    expect(await (await started()).ask("stats")).not.toHaveProperty("autoscaler");
  });

  it("ends the worker when told to, without an answer", async () => {
    const { app, worker } = await started();
    expect(await app.control.shutdown({ reply: true, timeout: 0.05 })).toEqual([]);
    await worker.stopped;
  });
});

const firstOf = (name: string): Record<string, unknown> => (pythonAnswer(caseNamed(name)) as never[])[0]!;

/** Kinds of values in place of the values. */
function typesOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.slice(0, 1).map(typesOf);
  if (typeof value !== "object" || value === null) return value === null ? "null" : typeof value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, typesOf(inner)]));
}

/** What of Celery's answer must be there: the rest depends on the pool, the broker and the settings. */
function essential(name: string): object {
  const types = typesOf(pythonAnswer(caseNamed(name))) as Record<string, unknown>;
  if (name === "stats") {
    const { rusage, pid, clock, uptime, prefetch_count } = types;
    const { broker } = pythonAnswer(caseNamed(name)) as { broker: object };
    const fields = Object.fromEntries(Object.keys(broker).map((key) => [key, something]));
    return { rusage, pid, clock, uptime, prefetch_count, total: {}, broker: fields };
  }
  if (name === "active_queues") return [{ ...(types as unknown as object[])[0], exchange: something }];
  if (name.includes("conf")) return { broker_url: "string", result_backend: "string" };
  if (name === "hello") return { clock: "number", revoked: ["string"] };
  return name === "revoked" ? [] : types;
}
