import { randomUUID } from "node:crypto";
import type { ResultBackend } from "@q/backends";
import { createRpcBackend } from "@q/backends/rpc";
import { backendContext } from "@q/backends/testing";
import { Connection } from "@q/messaging";
import { expect, it } from "vitest";
import {
  pythonClient,
  pythonWorker,
  rabbitVhost,
  requires,
  startProxy,
  suiteResource,
  waitUntil,
} from "../harness/index.ts";
import { failed, meta, statesUntilEnd } from "./python-results.ts";

type Client = AsyncDisposable & { readonly backend: ResultBackend };

async function client(brokerUrl: string): Promise<Client> {
  const connection = new Connection(brokerUrl);
  const backend = await createRpcBackend(
    backendContext("rpc://", { connection: () => connection, clientId: randomUUID() }),
  );
  await backend.prepare();
  return {
    backend,
    async [Symbol.asyncDispose]() {
      await backend[Symbol.asyncDispose]();
      await connection.close();
    },
  };
}

requires("rabbitmq", "python")("rpc results shared with Python", () => {
  const vhost = suiteResource(() => rabbitVhost());
  const python = suiteResource(() => pythonClient({ broker: vhost().url, backend: "rpc://" }));
  const worker = suiteResource(() => pythonWorker({ broker: vhost().url, backend: "rpc://" }));

  it("hears every state of a task that a Python worker runs", async () => {
    expect(worker().lines.length).toBeGreaterThan(0);
    await using ours = await client(vhost().url);
    const id = randomUUID();
    await python().send("interop.progress", [2], { task_id: id, reply_to: ours.backend.replyTo });
    const seen = await statesUntilEnd(ours.backend, id);
    expect(seen.map(({ status }) => status)).toEqual(["PROGRESS", "PROGRESS", "SUCCESS"]);
    expect(seen.at(-1)?.result).toBe(2);
  });

  it("hears the error of a Python task", async () => {
    expect(worker().lines.length).toBeGreaterThan(0);
    await using ours = await client(vhost().url);
    const id = randomUUID();
    await python().send("interop.fail", ["KeyError", "k"], { task_id: id, reply_to: ours.backend.replyTo });
    expect((await statesUntilEnd(ours.backend, id)).at(-1)).toMatchObject({
      status: "FAILURE",
      error: { excType: "KeyError", excModule: "builtins", excMessage: ["k"] },
      traceback: expect.stringContaining("KeyError") as string,
    });
  });

  it("tells a Python client our values and errors", async () => {
    await using ours = await client(vhost().url);
    const replyTo = await python().run<string>("return app.thread_oid");
    const [good, bad] = [randomUUID(), randomUUID()];
    // Sending makes Python consume its reply queue; nobody runs that task.
    for (const id of [good, bad])
      await python().send("interop.add", [1, 2], { task_id: id, queue: `nobody-${id}` });
    await ours.backend.store(meta(good, { status: "PROGRESS", result: { current: 1 } }), {
      replyTo,
      correlationId: good,
    });
    await ours.backend.store(meta(good, { result: [1, "ü"] }), { replyTo, correlationId: good });
    await ours.backend.store(failed(bad, "PaymentError", "js"), { replyTo, correlationId: bad });
    expect(await python().result(good)).toMatchObject({ state: "SUCCESS", value: [1, "ü"] });
    const seen = await python().result(bad);
    expect(seen.error).toMatchObject({ type: "PaymentError", args: ["boom", 42] });
    expect(seen.traceback).toContain("tasks.js");
  });

  it("hears what was sent while its connection was cut", async () => {
    await using proxy = await startProxy({ target: vhost().url });
    await using ours = await client(proxy.url);
    await using direct = await client(vhost().url);
    const ids = Array.from({ length: 100 }, () => randomUUID());
    const ends = Promise.all(ids.map((id) => statesUntilEnd(ours.backend, id)));
    for (const [n, id] of ids.entries()) {
      if (n % 40 === 20) proxy.cut();
      await direct.backend.store(meta(id, { result: n }), {
        replyTo: ours.backend.replyTo,
        correlationId: id,
      });
    }
    const results = (await ends).map((states) => states.at(-1)?.result);
    expect(results).toEqual(ids.map((_id, n) => n));
  });

  it("takes its queue away when it closes", async () => {
    const connection = new Connection(vhost().url);
    const channel = await (await connection.connect()).openChannel();
    const ours = await client(vhost().url);
    const queue = ours.backend.replyTo ?? "";
    await waitUntil(() => channel.queueInfo(queue), {
      accept: ({ consumers }) => consumers === 1,
      what: "the consumer",
    });
    await ours[Symbol.asyncDispose]();
    const other = await (await connection.connect()).openChannel();
    await expect(other.queueInfo(queue)).rejects.toMatchObject({ code: "ERR_Q_QUEUE_NOT_FOUND" });
    await connection.close();
  });
});
