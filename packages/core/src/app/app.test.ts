import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { FakeClock } from "@q/kernel/testing";
import { createApp } from "./create-app.ts";

describe("an app", () => {
  it("refuses an option that does not exist, and names the nearest", () => {
    expect(() => createApp("test", { taskSerialiser: "yaml" } as never)).toThrow(
      /"taskSerialiser".*Did you mean/,
    );
  });

  it("knows its parts beside the settings when it guesses what was meant", () => {
    expect(() => createApp("test", { brokr: "memory://" } as never)).toThrow(
      'there is no option "brokr". Did you mean "broker"?',
    );
    expect(() => createApp("test", { loger: console } as never)).toThrow('Did you mean "logger"?');
  });

  it("connects to nothing until it is used, so a wrong URL shows at the first call", async () => {
    const app = createApp("test", { broker: "no-such-scheme://x", backend: "neither://y" });
    app.task("t.one", () => 1);
    await app.close();
    await expect(app.sendTask("t.one")).rejects.toMatchObject({
      code: expect.stringMatching(/^ERR_Q_/) as string,
    });
    await expect(app.backend()).rejects.toMatchObject({ code: expect.stringMatching(/^ERR_Q_/) as string });
  });

  it("has no result backend when its broker is set and its backend is not", async () => {
    await using app = createApp("test", { broker: "memory://no-backend" });
    const result = await app.sendTask("t.one");
    await expect(result.get({ timeout: 1 })).rejects.toMatchObject({ code: "ERR_Q_NO_BACKEND" });
  });

  it("shares nothing with another app of the same process", async () => {
    await using one = createApp("one", { broker: "memory://one", taskDefaultQueue: "first" });
    await using two = createApp("two", { broker: "memory://two" });
    const events: string[] = [];
    one.events.on("task:sent", ({ queue }) => events.push(`one ${queue}`));
    two.events.on("task:sent", ({ queue }) => events.push(`two ${queue}`));
    one.config.update({ taskDefaultPriority: 3 });
    await one.sendTask("t.x");
    await two.sendTask("t.x");
    expect(events).toEqual(["one first", "two celery"]);
    expect([two.conf.taskDefaultPriority, one.id === two.id]).toEqual([null, false]);
  });

  it("can be used again after it was closed, and closed twice", async () => {
    const app = createApp("test", { broker: "memory://again", backend: "cache+memory://again" });
    const first = await app.sendTask("t.x");
    await app.close();
    await app.close();
    const second = await app.sendTask("t.x");
    expect(second.id).not.toBe(first.id);
    await app.close();
  });

  it("lets messages under way reach the broker before it closes", async () => {
    const app = createApp("test", { broker: "memory://under-way" });
    const sending = Promise.all([app.sendTask("t.x"), app.sendTask("t.x")]);
    await app.close();
    await sending;
    const channel = await (await (await app.connectionForWrite()).connect()).openChannel();
    expect((await channel.queueInfo("celery")).messages).toBe(2);
    await app.close();
  });

  it("routes by its settings as they are now", async () => {
    const app = createApp("test", { broker: "memory://" });
    expect(app.router.lookup("t.a", { args: [], kwargs: {}, options: {} })).toEqual({});
    app.config.update({ taskRoutes: { "t.*": "new" } });
    expect(app.router.lookup("t.a", { args: [], kwargs: {}, options: {} })).toEqual({ queue: "new" });
  });

  it("broadcasts a revoke to every worker", async () => {
    await using app = createApp("test", { broker: "memory://revoke", clock: new FakeClock(1000) });
    const connection = await (await app.connectionForWrite()).connect();
    await using channel = await connection.openChannel();
    const { Broadcast } = await import("@q/messaging");
    const { declareEntity } = await import("@q/messaging");
    const queue = new Broadcast("celery.pidbox", { durable: false });
    await declareEntity(channel, queue);
    await app.AsyncResult("one").revoke({ terminate: true, signal: "SIGKILL" });
    const stop = new AbortController();
    for await (const [delivery] of channel.consume([queue.name], {
      prefetch: 1,
      signal: stop.signal,
      noAck: true,
    })) {
      expect(JSON.parse(delivery?.message.body.toString() ?? "")).toMatchObject({
        method: "revoke",
        arguments: { task_id: ["one"], terminate: true, signal: "SIGKILL" },
        destination: null,
      });
      expect(delivery?.message.headers["expires"]).toBe(2);
      break;
    }
  });
});

describe("publishing middleware", () => {
  it("sees every message on its way out and may change it", async () => {
    const seen: unknown[] = [];
    await using app = createApp("test", {
      broker: "memory://middleware",
      publishMiddleware: [
        async (context, next) => {
          context.task = { ...context.task, headers: { tenant: "ada" } };
          await next();
          seen.push(context.message?.headers["tenant"]);
        },
      ],
    });
    await app.sendTask("t.x");
    expect(seen).toEqual(["ada"]);
  });

  it("may keep a message from being sent, which fails the call", async () => {
    await using app = createApp("test", {
      broker: "memory://stopped",
      publishMiddleware: [async () => Promise.reject(new RangeError("closed on sundays"))],
    });
    await expect(app.sendTask("t.x")).rejects.toThrow("closed on sundays");
  });
});

it("shows no password where an app, a task or a result is logged", async () => {
  await using app = createApp("test", {
    broker: "redis://:s3cret@localhost",
    backend: "redis://:s3cret@localhost",
  });
  const add = app.task("t.add", (x: number, y: number) => x + y);
  expect(inspect(app)).toBe("<App test>");
  for (const shown of [add, add.s(1, 2), app.AsyncResult("one")]) {
    expect(inspect(shown, { depth: 9 })).not.toContain("s3cret");
  }
});

it("importing the package loads no driver, no schema library and no terminal", () => {
  const hook = `data:text/javascript,${encodeURIComponent(`
    import { register } from "node:module";
    register("data:text/javascript," + encodeURIComponent(\`
      export async function resolve(specifier, context, next) {
        const found = await next(specifier, context);
        process._rawDebug("loaded " + found.url);
        return found;
      }\`));`)}`;
  const script = `await import(${JSON.stringify(new URL("../index.ts", import.meta.url).href)}); console.log("ready")`;
  const run = spawnSync(
    process.execPath,
    ["--conditions=@q/source", "--import", "tsx", "--import", hook, "--input-type=module", "-e", script],
    { cwd: fileURLToPath(new URL("../../../..", import.meta.url)), encoding: "utf8" },
  );
  expect(run.stdout).toContain("ready");
  expect(run.stderr).toContain("packages/core/src/app/app.ts");
  expect(run.stderr).not.toMatch(
    /node_modules.*\/(ioredis|amqplib|libsql|yaml|@msgpack|zod|pino|yargs|lz4|iconv)/,
  );
});
