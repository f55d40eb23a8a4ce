import { readFile } from "node:fs/promises";
import { expect, it } from "vitest";
import {
  PythonCallError,
  openLedger,
  pythonCall,
  pythonClient,
  pythonWorker,
  rabbitVhost,
  requires,
  startRedis,
  suiteResource,
} from "./index.ts";

requires("redis", "python")("Python on a private Redis", () => {
  const redis = suiteResource(() => startRedis());
  const app = (): { broker: string; backend: string } => ({ broker: redis().url, backend: redis().url });
  const worker = suiteResource(() => pythonWorker(app()));
  const python = suiteResource(() => pythonClient(app()));

  it("runs a task from client to worker and back", async () => {
    const { id } = await python().send("interop.add", [2, 3]);
    expect(await python().result(id)).toEqual({ state: "SUCCESS", traceback: null, value: 5 });
    await worker().waitFor(new RegExp(`interop\\.add\\[${id}\\] succeeded`));
  });

  it("is the Celery that we promise to work with", async () => {
    expect((await python().versions()).celery).toMatch(/^5\.6\./);
  });

  it("carries every kind of argument, and says what Python received", async () => {
    const big = { __type__: "decimal", __value__: "1.50" };
    const echo = await python().send("interop.echo", ["hélló 世界 😀", null], { kwargs: { n: [1.5, true] } });
    expect((await python().result(echo.id)).value).toEqual({
      args: ["hélló 世界 😀", null],
      kwargs: { n: [1.5, true] },
    });
    const described = await python().send("interop.describe", [big]);
    expect((await python().result(described.id)).value).toEqual({ type: "Decimal", repr: "Decimal('1.50')" });
    const typed = await python().send("interop.typed", ["uuid"]);
    expect((await python().result(typed.id)).value).toMatchObject({ __type__: "uuid" });
  });

  it("tells class, module and arguments of a failure", async () => {
    const builtin = await python().send("interop.fail", ["ValueError", "boom", 42]);
    expect(await python().result(builtin.id)).toMatchObject({
      state: "FAILURE",
      traceback: expect.stringContaining("Traceback"),
      error: { type: "ValueError", module: "builtins", args: ["boom", 42] },
    });
    const custom = await python().send("interop.fail", ["NestedError", "x"]);
    expect((await python().result(custom.id)).error).toMatchObject({ args: ["x"] });
  });

  it("retries, reports progress, ignores and rejects", async () => {
    const retried = await python().send("interop.retry_n_times", [2]);
    expect((await python().result(retried.id)).value).toBe(2);
    const progress = await python().send("interop.progress", [2, 0.01]);
    expect((await python().result(progress.id)).value).toBe(2);
    for (const [name, outcome] of [
      ["ignore", "ignored"],
      ["reject", "reject requeue=False"],
    ]) {
      const { id } = await python().send(`interop.${name}`);
      await worker().waitFor((line) => line.includes(`${id}] ${outcome}`));
      expect((await python().state(id)).state).toBe("PENDING");
    }
  });

  it("takes options, links and canvas given as JSON", async () => {
    const code = "return celery.chain(tasks.add.s(*args), tasks.mul.s(10))";
    const chain = await python().run<object>(code, [1, 2]);
    const { id } = await python().sendSignature(chain);
    expect((await python().result(id)).value).toBe(30);

    const link = await python().run<{ options: object }>(
      "return tasks.add.s(100).set(task_id=args)",
      "linked-id",
    );
    await python().send("interop.add", [1, 1], { link, priority: 3 });
    expect((await python().result("linked-id")).value).toBe(102);
  });

  it("publishes raw messages", async () => {
    const body = JSON.stringify([[4, 5], {}, {}]);
    const headers = { task: "interop.mul", id: "raw-id", lang: "js" };
    const properties = { headers, content_type: "application/json", content_encoding: "utf-8" };
    await python().publish({ body, routingKey: "celery", properties });
    expect((await python().result("raw-id")).value).toBe(20);
  });

  it("raises here what failed outside of a task, and goes on", async () => {
    await expect(python().result("no-such-task", { timeoutMs: 50 })).rejects.toThrow(PythonCallError);
    await expect(python().run("raise KeyError('missing')")).rejects.toThrow(
      /KeyError: 'missing'[^]*Traceback/,
    );
    expect(await python().run("return 1 + 1")).toBe(2);
  });

  it("writes its executions into the ledger", async () => {
    await using ledger = await openLedger();
    await using _worker = await pythonWorker({ ...app(), ledger: ledger.path, queues: ["with-ledger"] });
    const { id } = await python().send("interop.ledger", ["item-1"], { queue: "with-ledger" });
    await python().result(id);
    const report = await ledger.read();
    expect(report.lost(["item-1"])).toEqual([]);
    expect(report.entries.map(({ event, attempt }) => `${event} ${attempt}`)).toEqual(["start 0", "end 0"]);
  });

  it("works with a pool of processes and other serialisers and queues", async () => {
    const settings = {
      task_serializer: "yaml",
      result_serializer: "yaml",
      accept_content: ["yaml"],
      task_compression: "gzip",
      task_default_queue: "yaml-queue",
      task_queues: [{ name: "yaml-queue", max_priority: 9 }],
    };
    const options = { ...app(), settings };
    await using prefork = await pythonWorker({ ...options, pool: "prefork", concurrency: 2 });
    const value = await pythonCall(options, async (client) => {
      const { id } = await client.send("interop.xsum", [[1, [2, 3]]]);
      return (await client.result(id)).value;
    });
    expect(value).toBe(6);
    expect(await prefork.stop()).toEqual({ code: 0, signal: null });
  });

  it("shows the worker's log when it cannot start", async () => {
    await expect(pythonWorker({ broker: "nonsense://" })).rejects.toThrow(/No such transport: nonsense/);
  });
});

requires("rabbitmq", "python")("Python on RabbitMQ", () => {
  const vhost = suiteResource(() => rabbitVhost());
  const app = (): { broker: string; backend: string } => ({ broker: vhost().url, backend: "rpc://" });
  suiteResource(() => pythonWorker(app()));

  it("runs a task from client to worker and back over rpc", async () => {
    await using python = await pythonClient(app());
    const { id } = await python.send("interop.add", [2, 3]);
    expect((await python.result(id)).value).toBe(5);
  });
});

requires("python")("the list of tasks", () => {
  it("is complete in the README", async () => {
    const names = await pythonCall({ broker: "memory://" }, (python) =>
      python.run<string[]>("return sorted(name for name in app.tasks if name.startswith('interop.'))"),
    );
    const readme = await readFile(new URL("../README.md", import.meta.url), "utf8");
    expect(names.filter((name) => !readme.includes(`\`${name.slice("interop.".length)}\``))).toEqual([]);
  });
});
