import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import type { ResultMeta } from "@q/backends";
import { recordingLogger } from "@q/kernel/testing";
import { expect, it } from "vitest";
import { requires, startRedis, suiteResource } from "../harness/index.ts";
import { redisBackend } from "./redis-harness.ts";

interface Vectors {
  readonly cases: readonly {
    readonly name: string;
    readonly backend_keys: Readonly<Record<string, { readonly value: string }>>;
  }[];
}

/** Every meta of the recorded ones, with the bytes of its key. */
function storedByCelery(): { name: string; id: string; serializer: string; raw: Buffer }[] {
  const text = readFileSync(new URL("../vectors/results_redis.json", import.meta.url), "utf8");
  const { cases } = JSON.parse(text) as Vectors;
  return cases.flatMap(({ name, backend_keys }) => {
    // Its paths were shortened after the recording, and msgpack counts bytes.
    if (name === "serializer_msgpack/failure") return [];
    const serializer = /^serializer_(yaml|msgpack)/.exec(name)?.[1] ?? "json";
    return Object.entries(backend_keys).flatMap(([key, { value }]) => {
      const id = /celery-task-meta-(.*)$/.exec(key)?.[1];
      if (id === undefined) return [];
      return [
        { name, id, serializer, raw: Buffer.from(value, serializer === "msgpack" ? "latin1" : "utf8") },
      ];
    });
  });
}

const meta = (taskId: string, changes: Partial<ResultMeta> = {}): ResultMeta => ({
  taskId,
  status: "SUCCESS",
  result: 5,
  traceback: null,
  children: [],
  dateDone: "2030-01-02T03:04:05+00:00",
  ...changes,
});

requires("redis")("Redis backend, on the wire", () => {
  const server = suiteResource(() => startRedis());

  it("stores and publishes under Celery's name, as Celery's text, with the time to live", async () => {
    await using backend = await redisBackend(server().url, { expiresSeconds: 86_400 });
    const client = server().client();
    const listener = server().client();
    const id = randomUUID();
    const published = new Promise((resolve) =>
      listener.on("message", (channel, text) => resolve([channel, text])),
    );
    await listener.subscribe(`celery-task-meta-${id}`);
    await backend.store(meta(id));
    const text =
      `{"status":"SUCCESS","result":5,"traceback":null,"children":[],` +
      `"date_done":"2030-01-02T03:04:05+00:00","task_id":"${id}"}`;
    expect(await client.get(`celery-task-meta-${id}`)).toBe(text);
    expect(await published).toEqual([`celery-task-meta-${id}`, text]);
    expect(await client.ttl(`celery-task-meta-${id}`)).toBe(86_400);
  });

  it.each([null, 0])("stores without a time to live when results expire after %s", async (expiresSeconds) => {
    await using backend = await redisBackend(server().url, { expiresSeconds });
    const id = randomUUID();
    await backend.store(meta(id, { status: "STARTED" }));
    await backend.store(meta(id));
    expect(await server().client().ttl(`celery-task-meta-${id}`)).toBe(-1);
  });

  it.each([
    ["myapp", "myapp_celery-task-meta-"],
    ["myapp:", "myapp:celery-task-meta-"],
    ["myapp_", "myapp_celery-task-meta-"],
    ["my-", "my-celery-task-meta-"],
    ["my.", "my.celery-task-meta-"],
  ])("puts the global prefix %s before keys and channels", async (prefix, expected) => {
    await using backend = await redisBackend(server().url, {
      transportOptions: { global_keyprefix: prefix },
    });
    const id = randomUUID();
    await backend.store(meta(id));
    expect(
      await server()
        .client()
        .exists(expected + id),
    ).toBe(1);
    for await (const seen of backend.watch([id], AbortSignal.timeout(5000))) {
      expect(seen.taskId).toBe(id);
      break;
    }
  });

  it("keeps a success that another program wrote with other spaces and another order", async () => {
    await using backend = await redisBackend(server().url);
    const client = server().client();
    for (const text of [
      '{"status": "SUCCESS", "result": 1, "task_id": "t"}',
      '{ "result":1, "status":"SUCCESS" }',
    ]) {
      const id = randomUUID();
      await client.set(`celery-task-meta-${id}`, text);
      await backend.store(meta(id, { status: "FAILURE" }));
      expect(await client.get(`celery-task-meta-${id}`)).toBe(text);
    }
  });

  it.each(storedByCelery())(
    "reads what Celery stored and keeps its content: $name $id",
    async ({ id, serializer, raw }) => {
      const client = server().client();
      await using backend = await redisBackend(server().url, { serializer });
      await client.set(`celery-task-meta-${id}`, raw);
      const [read] = await backend.get([id]);
      expect(read?.taskId).toBe(id);
      await backend.forget([id]);
      await backend.store(read as ResultMeta);
      expect((await backend.get([id]))[0]).toEqual(read);
    },
  );

  it("skips what is published on a result's channel and cannot be read, and says so", async () => {
    const logger = recordingLogger();
    await using backend = await redisBackend(server().url, { logger });
    const client = server().client();
    const id = randomUUID();
    const stop = new AbortController();
    const watching = backend.watch([id], stop.signal)[Symbol.asyncIterator]();
    const next = watching.next();
    const channel = `celery-task-meta-${id}`;
    while ((await client.publish(channel, "\u0000 no json")) === 0)
      await new Promise((resolve) => setImmediate(resolve));
    await backend.store(meta(id));
    expect((await next).value).toMatchObject({ status: "SUCCESS" });
    expect(logger.lines).toContainEqual(
      expect.objectContaining({ level: "warn", fields: expect.objectContaining({ taskId: id }) }),
    );
    stop.abort();
    await watching.return?.();
  });

  it("uses two sockets, whatever is asked, and none when closed", async () => {
    const backend = await redisBackend(server().url, { settings: { redisClientName: "two sockets" } });
    const ids = Array.from({ length: 500 }, () => randomUUID());
    const seen = Promise.all(ids.map((id) => firstState(backend, id)));
    await Promise.all(ids.map((id) => backend.store(meta(id))));
    await seen;
    const client = server().client();
    const named = async (): Promise<number> =>
      String(await client.call("CLIENT", "LIST")).split("name=two-sockets").length - 1;
    expect(await named()).toBe(2);
    await backend[Symbol.asyncDispose]();
    while ((await named()) > 0) await new Promise((resolve) => setImmediate(resolve));
    await expect(backend.store(meta("late"))).rejects.toMatchObject({ code: "ERR_Q_BACKEND_STORE" });
  });

  it("leaves no subscription behind", async () => {
    await using backend = await redisBackend(server().url);
    const ids = Array.from({ length: 50 }, () => `left-${randomUUID()}`);
    const seen = Promise.all(ids.map((id) => firstState(backend, id)));
    await Promise.all(ids.map((id) => backend.store(meta(id))));
    await seen;
    const client = server().client();
    const left = async (): Promise<unknown[]> =>
      (await client.call("PUBSUB", "CHANNELS", "*left-*")) as unknown[];
    while ((await left()).length > 0) await new Promise((resolve) => setImmediate(resolve));
  });

  it("logs in with the password of the URL, of the settings or of a provider, and says when it is wrong", async () => {
    await using secured = await startRedis({ password: "s3cret" });
    const bare = secured.url.replace(":s3cret@", "");
    const ways = [
      redisBackend(secured.url),
      redisBackend(bare, { settings: { redisPassword: "s3cret" } }),
      redisBackend(bare, { settings: { redisBackendCredentialProvider: () => ({ password: "s3cret" }) } }),
    ];
    for (const way of ways) {
      await using backend = await way;
      expect(await backend.get(["x"])).toEqual([undefined]);
      expect(backend.asUri()).not.toContain("s3cret");
    }
    await using wrong = await redisBackend(bare);
    await expect(wrong.get(["x"])).rejects.toMatchObject({ code: "ERR_Q_BACKEND_GET", taskIds: ["x"] });
    await expect(firstState(wrong, "x")).rejects.toMatchObject({ code: "ERR_Q_BACKEND_GET" });
  });
});

async function firstState(
  backend: { watch(ids: readonly string[], signal: AbortSignal): AsyncIterable<ResultMeta> },
  id: string,
): Promise<ResultMeta | undefined> {
  for await (const state of backend.watch([id], AbortSignal.timeout(20_000))) return state;
  return undefined;
}
