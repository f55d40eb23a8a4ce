import { describe, expect, it } from "vitest";
import { z } from "zod";
import { FakeClock, recordingLogger } from "@q/kernel/testing";
import { Exchange, Queue, type WireMessage } from "@q/messaging";
import type { CallOptions } from "../tasks/call-options.ts";
import type { TaskOptions } from "../tasks/task-options.ts";
import { createApp } from "./create-app.ts";
import type { App } from "./app.ts";
import type { AppOptions } from "./app-options.ts";

const NOW = Date.parse("2030-01-01T00:00:00Z");

interface Published extends WireMessage {
  readonly exchange: string;
  readonly routingKey: string;
}

let apps = 0;

/** An app on a broker in memory, and the messages that arrive in these of its queues. */
function testApp(options: AppOptions = {}): { app: App; taken: (queue?: string) => Promise<Published> } {
  const app = createApp("test", {
    broker: `memory://sending-${++apps}`,
    backend: "cache+memory://",
    clock: new FakeClock(NOW),
    ...options,
  });
  const taken = async (queue = "celery"): Promise<Published> => {
    const connection = await (await app.connectionForWrite()).connect();
    await using channel = await connection.openChannel();
    const stop = new AbortController();
    for await (const batch of channel.consume([queue], { prefetch: 1, signal: stop.signal })) {
      for (const delivery of batch) channel.settle(delivery, "ack");
      stop.abort();
      const { message, exchange, routingKey } = batch[0] ?? {};
      return { ...(message as WireMessage), exchange: exchange ?? "", routingKey: routingKey ?? "" };
    }
    throw new Error("the queue ended");
  };
  return { app, taken };
}

/** The message of one call of a task `t.add`. */
async function sent(
  call: CallOptions,
  own: Partial<TaskOptions<[number, number]>> = {},
  options: AppOptions = {},
): Promise<Published> {
  const { app, taken } = testApp(options);
  await using _ = app;
  const add = app.task({ name: "t.add", ...own }, (x: number, y: number) => x + y);
  await add.applyAsync([2, 3], call);
  return await taken();
}

describe("a call", () => {
  it("becomes a message with every header of protocol 2 and the task's arguments", async () => {
    const { app, taken } = testApp();
    await using _ = app;
    const add = app.task("t.add", (x: number, y: number) => x + y);
    const { id } = await add.delay(2, 3);
    const { headers, body, properties, contentType } = await taken();
    expect(headers).toEqual({
      lang: "js",
      task: "t.add",
      id,
      shadow: null,
      eta: null,
      expires: null,
      group: null,
      group_index: null,
      retries: 0,
      timelimit: [null, null],
      root_id: id,
      parent_id: null,
      argsrepr: "(2, 3)",
      kwargsrepr: "{}",
      origin: expect.stringMatching(/^gen\d+@/) as string,
      ignore_result: false,
      replaced_task_nesting: 0,
      stamped_headers: null,
      stamps: {},
    });
    expect(JSON.parse(body.toString())).toEqual([
      [2, 3],
      {},
      { callbacks: null, errbacks: null, chain: null, chord: null },
    ]);
    expect([contentType, id]).toEqual(["application/json", expect.stringMatching(/^[0-9a-f-]{36}$/)]);
    expect(properties).toMatchObject({ correlationId: id, replyTo: app.id, deliveryMode: 2, priority: 0 });
  });

  it("carries every option to its place", async () => {
    const { headers, properties } = await sent({
      taskId: "one",
      timeLimit: 20,
      softTimeLimit: 10,
      shadow: "t.shown",
      headers: { tenant: "ada" },
      argsrepr: "(secret)",
      kwargsrepr: "{...}",
      replyTo: "answers",
      correlationId: "corr",
      rootId: "root",
      parentId: "parent",
      groupId: "group",
      groupIndex: 4,
      retries: 2,
      replacedTaskNesting: 1,
      stampedHeaders: ["user"],
      stamps: { user: ["7"] },
      ignoreResult: true,
      priority: 5,
      deliveryMode: 1,
      properties: { messageId: "m-1", appId: "shop" },
    });
    expect(headers).toMatchObject({
      id: "one",
      timelimit: [20, 10],
      shadow: "t.shown",
      tenant: "ada",
      argsrepr: "(secret)",
      kwargsrepr: "{...}",
      root_id: "root",
      parent_id: "parent",
      group: "group",
      group_index: 4,
      retries: 2,
      replaced_task_nesting: 1,
      stamped_headers: ["user"],
      stamps: { user: ["7"] },
      ignore_result: true,
    });
    expect(properties).toMatchObject({
      correlationId: "corr",
      replyTo: "answers",
      priority: 5,
      deliveryMode: 1,
      messageId: "m-1",
      appId: "shop",
    });
  });

  it("embeds what follows it", async () => {
    const { app } = testApp();
    const [good, bad] = [app.signature("t.good", [1]), app.signature("t.bad", [], { immutable: true })];
    const { body } = await sent({
      link: good,
      linkError: [bad, good],
      chain: [good.toJSON()],
      chord: bad.toJSON(),
    });
    const [, , embed] = JSON.parse(body.toString()) as [unknown, unknown, unknown];
    expect(embed).toEqual({
      callbacks: [good.toJSON()],
      errbacks: [bad.toJSON(), good.toJSON()],
      chain: [good.toJSON()],
      chord: bad.toJSON(),
    });
  });

  it("of a task known by name only is sent as it is", async () => {
    const { app, taken } = testApp();
    await using _ = app;
    await app.sendTask("python.task", [1], { kwargs: { y: 2 } });
    const { headers, body } = await taken();
    expect([headers["task"], headers["kwargsrepr"]]).toEqual(["python.task", "{'y': 2}"]);
    expect((JSON.parse(body.toString()) as unknown[]).slice(0, 2)).toEqual([[1], { y: 2 }]);
  });

  it("by a signature puts new arguments in front and lets options of the call win", async () => {
    const { app, taken } = testApp();
    await using _ = app;
    const signature = app.signature("t.add", [3], { kwargs: { z: 1 }, priority: 1, shadow: "kept" });
    await app.send(signature.toJSON(), [2], { priority: 2, kwargs: { w: 0 } });
    const { headers, body, properties } = await taken();
    expect((JSON.parse(body.toString()) as unknown[]).slice(0, 2)).toEqual([[2, 3], { z: 1, w: 0 }]);
    expect([properties.priority, headers["shadow"]]).toEqual([2, "kept"]);
  });
});

describe("times of a call", () => {
  it("are absolute in the message: countdown and expires count from now", async () => {
    const { headers, properties } = await sent({ countdown: 1.5, expires: 60 });
    expect(headers["eta"]).toBe("2030-01-01T00:00:01.500000+00:00");
    expect(headers["expires"]).toBe("2030-01-01T00:01:00+00:00");
    // An embedded broker keeps it for a worker, who tells the caller.
    expect(properties.expiration).toBeUndefined();
  });

  it("may be dates or texts; without an offset a text means UTC", async () => {
    const { headers } = await sent({ eta: new Date(NOW + 1000), expires: "2030-01-01T02:00:00+01:00" });
    expect([headers["eta"], headers["expires"]]).toEqual([
      "2030-01-01T00:00:01+00:00",
      "2030-01-01T01:00:00+00:00",
    ]);
    expect((await sent({ eta: "2030-01-02 03:04" })).headers["eta"]).toBe("2030-01-02T03:04:00+00:00");
  });

  it("that have passed expire at once", async () => {
    const expirations: unknown[] = [];
    const { app } = testApp({
      publishMiddleware: [
        async (context, next) => {
          await next();
          expirations.push(context.message?.headers["expires"]);
        },
      ],
    });
    await using _ = app;
    await app.sendTask("t.late", [], { expires: -1 });
    await app.sendTask("t.late", [], { expires: 0 });
    expect(expirations).toEqual(["2029-12-31T23:59:59+00:00", "2030-01-01T00:00:00+00:00"]);
  });

  it("are written in the app's zone when UTC is switched off", async () => {
    const { headers } = await sent({ eta: new Date(NOW) }, {}, { enableUtc: false, timezone: "Asia/Tokyo" });
    expect(headers["eta"]).toBe("2030-01-01T09:00:00+09:00");
  });

  it.each<[CallOptions, string]>([
    [{ countdown: 1, eta: new Date(NOW) }, 'give either "countdown" or "eta"'],
    [{ eta: "tomorrow" }, 'option "eta" is not a time: tomorrow'],
    [{ expires: new Date(Number.NaN) }, 'option "expires" is not a time'],
    [{ countdown: Number.NaN }, 'option "countdown" is not a number of seconds: NaN'],
    [{ expires: Infinity }, 'option "expires" is not a number of seconds: Infinity'],
  ])("are refused before anything is sent: %j", async (options, message) => {
    await expect(sent(options)).rejects.toThrow(message);
  });
});

describe("options that there are not", () => {
  it.each<[object, string]>([
    [{ countDown: 5 }, 'there is no call option "countDown". Did you mean "countdown"?'],
    [{ que: "slow" }, 'there is no call option "que". Did you mean "queue"?'],
    [{ priority: 1.5 }, 'option "priority" is not a whole number: 1.5'],
    [{ priority: "high" }, 'option "priority" is not a whole number: high'],
  ])("are refused before anything is sent, whichever way: %j", async (options, message) => {
    const { app, taken } = testApp();
    await using _ = app;
    const add = app.task("t.add", (x: number, y: number) => x + y);
    await expect(add.applyAsync([1, 2], options)).rejects.toThrow(message);
    await expect(app.sendTask("t.add", [1, 2], options)).rejects.toThrow(message);
    expect(() => add.signature([1, 2], options)).toThrow(message);
    expect(() => add.s(1, 2).set(options)).toThrow(message);
    await add.delay(9, 9);
    expect(JSON.parse((await taken()).body.toString())).toMatchObject([[9, 9], {}, {}]);
  });
});

it.each([
  [{}, "transient", 1],
  [{ deliveryMode: "persistent" }, "transient", 2],
  [{ deliveryMode: 1 }, undefined, 1],
] as const)("the delivery mode may be a word: %j over %s", async (call, own, mode) => {
  const { properties } = await sent(call, own === undefined ? {} : { deliveryMode: own });
  expect(properties.deliveryMode).toBe(mode);
  const routed = await sent({}, {}, { taskRoutes: { "t.*": { delivery_mode: "transient" } } as never });
  expect(routed.properties.deliveryMode).toBe(1);
});

it("a mandatory message says so to the transport", async () => {
  expect((await sent({ mandatory: true })).properties).toMatchObject({ mandatory: true });
});

describe("precedence", () => {
  it("of any option is call, task, router, settings", async () => {
    const settings = {
      taskRoutes: { "t.add": { priority: 3, expires: 30, shadow: "routed" } },
      taskDefaultPriority: 1,
    };
    const all = await sent({ priority: 7 }, { priority: 5, expires: 50 }, settings);
    expect([all.properties.priority, all.headers["expires"], all.headers["shadow"]]).toEqual([
      7,
      "2030-01-01T00:00:50+00:00",
      "routed",
    ]);
    expect((await sent({}, {}, settings)).properties.priority).toBe(3);
    expect((await sent({}, {}, { taskDefaultPriority: 1 })).properties.priority).toBe(1);
  });

  it("of the destination is the same, and a destination is never mixed from two places", async () => {
    const { app, taken } = testApp({
      taskRoutes: { "t.*": { queue: "routed", priority: 4 } },
      taskQueues: [
        new Queue("celery"),
        new Queue("fan", { exchange: new Exchange("ex", { type: "fanout" }) }),
      ],
    });
    await using _ = app;
    const plain = app.task("t.plain", () => 1);
    const own = app.task({ name: "t.own", exchange: "ex", routingKey: "k" }, () => 1);
    await app.connectionForWrite();
    await plain.delay();
    expect((await taken("routed")).properties.priority).toBe(4);
    await own.applyAsync([], { queue: "called" });
    const called = await taken("called");
    expect([called.exchange, called.routingKey, called.properties.priority]).toEqual(["", "called", 4]);
    await plain.applyAsync([], { queue: "celery", routingKey: "ignored" });
    expect((await taken("celery")).routingKey).toBe("celery");
    await plain.applyAsync([], { queue: "fan" });
    expect((await taken("fan")).exchange).toBe("ex");
  });

  it("of serializer, compression and ignore_result is call, task, settings", async () => {
    const settings = { taskSerializer: "yaml", taskCompression: "gzip", taskIgnoreResult: true };
    const byDefault = await sent({}, {}, settings);
    expect([byDefault.contentType, byDefault.headers["compression"]]).toEqual([
      "application/x-yaml",
      "application/x-gzip",
    ]);
    expect(byDefault.headers["ignore_result"]).toBe(true);
    const own = await sent({}, { serializer: "json", ignoreResult: false }, settings);
    expect([own.contentType, own.headers["ignore_result"]]).toEqual(["application/json", false]);
    const call = await sent(
      { serializer: "msgpack", compression: "bzip2" },
      { serializer: "json" },
      settings,
    );
    expect([call.contentType, call.headers["compression"]]).toEqual([
      "application/x-msgpack",
      "application/x-bz2",
    ]);
  });

  it("puts annotated options in the task's place", async () => {
    const annotated = { taskAnnotations: { "t.add": { priority: 8 } } };
    expect((await sent({}, { priority: 2 }, annotated)).properties.priority).toBe(8);
  });
});

describe("arguments", () => {
  it("that do not fit are refused at the caller, unless the check is off", async () => {
    const { app } = testApp();
    await using _ = app;
    const add = app.task("t.add", (x: number, y: number) => x + y);
    const loose = app.task({ name: "t.loose", typing: false }, (x: number, y: number) => x + y);
    const named = app.task({ name: "t.named", params: ["x", "y"] }, (x: number, y: number) => x + y);
    await expect((add.delay as (x: number) => Promise<unknown>)(1)).rejects.toMatchObject({
      code: "ERR_Q_TASK_ARGUMENTS",
    });
    await expect((loose.delay as (x: number) => Promise<unknown>)(1)).resolves.toBeDefined();
    await expect(named.applyAsync([], { kwargs: { x: 1, z: 2 } })).rejects.toThrow(
      "unexpected keyword argument 'z'",
    );
    await expect(named.applyAsync([], { kwargs: { x: 1, y: 2 } })).resolves.toBeDefined();
  });

  it("are checked against their schemas, and sent as they were given", async () => {
    const { app, taken } = testApp();
    await using _ = app;
    const args = z.tuple([z.string().trim(), z.number().default(2)]);
    const task = app.task(
      { name: "t.checked", args, kwargs: z.object({ deep: z.boolean() }) },
      (...given) => given,
    );
    await expect(task.applyAsync([1 as never, 2], { kwargs: { deep: true } })).rejects.toThrow(
      /arguments of t\.checked did not match its schema: \[0\]: /,
    );
    await expect(task.applyAsync(["x", 2], { kwargs: { deep: 1 as never } })).rejects.toThrow(
      /keyword arguments .*deep: /,
    );
    await task.applyAsync([" x "] as never, { kwargs: { deep: true } });
    const { body } = await taken();
    expect((JSON.parse(body.toString()) as unknown[]).slice(0, 2)).toEqual([[" x "], { deep: true }]);
  });
});

it("sends for real by name, with a warning, although calls are eager", async () => {
  const logger = recordingLogger();
  const { app, taken } = testApp({ taskAlwaysEager: true, logger });
  await using _ = app;
  app.task("t.one", () => 1);
  await app.sendTask("t.one");
  expect((await taken()).headers["task"]).toBe("t.one");
  const warnings = logger.lines.filter(({ level }) => level === "warn");
  expect(warnings).toMatchObject([{ fields: { taskName: "t.one" } }]);
});
