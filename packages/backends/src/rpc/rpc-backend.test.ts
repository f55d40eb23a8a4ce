import { randomUUID } from "node:crypto";
import { recordingLogger } from "@q/kernel/testing";
import { Connection, type WireMessage } from "@q/messaging";
import { describe, expect, it } from "vitest";
import type { BackendContext, ResultBackend, ResultMeta } from "../contracts.ts";
import { type BackendHarness, backendContext, backendContract, unmetBackendNeeds } from "../testing/index.ts";
import { createRpcBackend } from "./index.ts";

const capabilities = {
  persistent: false,
  push: true,
  autoExpire: true,
  shared: false,
  chords: "none",
} as const;

/** A client of a memory broker; disposing it closes its connection, too. */
async function client(changes: Partial<BackendContext> = {}, broker = "rpc"): Promise<ResultBackend> {
  const connection = new Connection(`memory://${broker}`);
  const context = { connection: () => connection, clientId: randomUUID(), ...changes };
  return createRpcBackend(backendContext("rpc://", context));
}

async function open(): Promise<BackendHarness> {
  const broker = randomUUID();
  return { capabilities, connect: () => client({}, broker), [Symbol.asyncDispose]: async () => {} };
}

const meta = (taskId: string, changes: Partial<ResultMeta> = {}): ResultMeta => ({
  taskId,
  status: "SUCCESS",
  result: 1,
  traceback: null,
  children: [],
  dateDone: null,
  ...changes,
});

async function state(backend: ResultBackend, id: string): Promise<ResultMeta | undefined> {
  for await (const seen of backend.watch([id], AbortSignal.timeout(5000))) return seen;
  return undefined;
}

/** The messages that arrive in a queue of the memory broker. */
async function inbox(
  queue: string,
  broker = "rpc",
): Promise<AsyncIterator<readonly { message: WireMessage }[]>> {
  const { Queue } = await import("@q/messaging");
  const connection = await new Connection(`memory://${broker}`).connect();
  const channel = await connection.openChannel();
  await channel.declare(new Queue(queue));
  const options = { prefetch: Infinity, noAck: true, signal: AbortSignal.timeout(5000) };
  return channel.consume([queue], options)[Symbol.asyncIterator]();
}

describe("rpc backend", () => {
  for (const { title, needs, run } of backendContract) {
    it.skipIf(unmetBackendNeeds(needs, { capabilities }).length > 0)(`contract: ${title}`, () => run(open));
  }

  it("names the queue of its client for the tasks it sends", async () => {
    await using backend = await client({ clientId: "client-7" });
    expect(backend.replyTo).toBe("client-7");
    expect(backend.capabilities).toEqual(capabilities);
  });

  it.each([
    { settings: {}, deliveryMode: 1 },
    { settings: { resultPersistent: true }, deliveryMode: 2 },
  ])("sends the state as a message of delivery mode $deliveryMode", async ({ settings, deliveryMode }) => {
    await using worker = await client({ settings });
    const queue = randomUUID();
    const messages = await inbox(queue);
    await worker.store(meta("t1"), { replyTo: queue, correlationId: "c1" });
    const message = (await messages.next()).value[0].message as WireMessage;
    expect(message).toMatchObject({
      contentType: "application/json",
      contentEncoding: "utf-8",
      properties: { correlationId: "c1", deliveryMode },
    });
    expect(JSON.parse(message.body.toString())).toEqual({
      status: "SUCCESS",
      result: 1,
      traceback: null,
      children: [],
      date_done: null,
      task_id: "t1",
    });
  });

  it("sends nothing when nobody waits", async () => {
    let connections = 0;
    const connection = (): Connection => {
      connections++;
      throw new Error("not to be used");
    };
    await using worker = await client({ connection });
    await worker.store(meta("t"));
    await worker.store(meta("t"), { replyTo: undefined, correlationId: "t" });
    expect(connections).toBe(0);
  });

  it("keeps a result that was read for another look", async () => {
    await using backend = await client();
    await backend.prepare();
    await backend.store(meta("t"), { replyTo: backend.replyTo, correlationId: "t" });
    expect((await state(backend, "t"))?.result).toBe(1);
    expect((await backend.get(["t"]))[0]?.result).toBe(1);
  });

  it("says of a result that it had to drop that it is gone", async () => {
    const logger = recordingLogger();
    await using backend = await client({ logger, transportOptions: { backlog_limit: 2 } });
    await backend.prepare();
    const reply = (id: string): Promise<void> =>
      backend.store(meta(id), { replyTo: backend.replyTo, correlationId: id });
    for (const id of ["a", "b", "c"]) await reply(id);
    await state(backend, "c");
    await expect(backend.get(["a"])).rejects.toMatchObject({ code: "ERR_Q_BACKEND_GET", taskIds: ["a"] });
    expect((await backend.get(["b"]))[0]?.taskId).toBe("b");
    expect(logger.lines).toContainEqual(expect.objectContaining({ level: "warn", fields: { taskId: "a" } }));
  });

  it("skips messages that are no results", async () => {
    const logger = recordingLogger();
    const broker = randomUUID();
    await using backend = await client({ logger }, broker);
    await backend.prepare();
    const connection = await new Connection(`memory://${broker}`).connect();
    const channel = await connection.openChannel();
    const to = { exchange: "", routingKey: backend.replyTo ?? "" };
    const base = { contentType: "application/json", contentEncoding: "utf-8", headers: {}, properties: {} };
    for (const text of ["no json", "[]", '{"status": "SUCCESS"}', "null"]) {
      await channel.publish({ ...base, body: Buffer.from(text) }, to);
    }
    await channel.publish(
      { ...base, contentType: "application/x-python-serialize", body: Buffer.from("x") },
      to,
    );
    await backend.store(meta("t"), { replyTo: backend.replyTo, correlationId: "t" });
    expect((await state(backend, "t"))?.result).toBe(1);
    expect(logger.lines.filter(({ level }) => level === "warn")).toHaveLength(5);
    await connection[Symbol.asyncDispose]();
  });

  it("reads results in another accepted format than its own", async () => {
    await using backend = await client();
    await backend.prepare();
    await using worker = await client({ serializer: "msgpack", compression: "gzip" });
    await worker.store(meta("t", { result: { a: [1] } }), { replyTo: backend.replyTo, correlationId: "t" });
    expect((await state(backend, "t"))?.result).toEqual({ a: [1] });
  });

  it("serves the old name amqp, with a warning", async () => {
    const logger = recordingLogger();
    await using backend = await createRpcBackend(backendContext("amqp://guest@localhost", { logger }));
    expect(backend.asUri()).toBe("rpc://");
    expect(logger.lines).toContainEqual(expect.objectContaining({ level: "warn" }));
  });
});
