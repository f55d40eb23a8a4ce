import { writeFile } from "node:fs/promises";
import { createApp } from "@q/core";
import { expect, it } from "vitest";
import {
  ChildProgram,
  freePort,
  type RedisServer,
  requires,
  startRedis,
  type TempFolder,
  tempFolder,
  waitUntil,
} from "../harness/index.ts";
import { qWorker } from "../harness/q-worker.ts";

const MASTER = "tasks";
const program: string = process.env["Q_TEST_REDIS_SERVER"] ?? "redis-server";

/** A sentinel that watches the server on that port. */
async function startSentinel(folder: TempFolder, watched: number) {
  const port = await freePort();
  const file = `${folder.path}/sentinel-${port}.conf`;
  const lines = [
    `port ${port}`,
    "bind 127.0.0.1",
    `dir ${folder.path}`,
    `sentinel monitor ${MASTER} 127.0.0.1 ${watched} 2`,
    `sentinel down-after-milliseconds ${MASTER} 2000`,
    `sentinel failover-timeout ${MASTER} 3000`,
  ];
  await writeFile(file, `${lines.join("\n")}\n`);
  const sentinel = new ChildProgram({ name: "sentinel", command: program, args: [file, "--sentinel"] });
  await sentinel.waitFor(/\+monitor master/);
  return { port, sentinel };
}

/** A server, its copy, and three sentinels that know of both. */
async function cluster() {
  const folder = await tempFolder("sentinels");
  const master = await startRedis();
  const copy: RedisServer = await startRedis({ config: { replicaof: `127.0.0.1 ${master.port}` } });
  const sentinels = await Promise.all([1, 2, 3].map(() => startSentinel(folder, master.port)));
  for (const { sentinel } of sentinels) await sentinel.waitFor(/\+slave slave/);
  // Each must know the two others, or none of them finds a majority.
  for (const { sentinel } of sentinels) {
    const known = (): number => sentinel.lines.filter((line) => line.includes("+sentinel sentinel")).length;
    await waitUntil(() => known() === 2, { what: "the sentinels to meet" });
  }
  return {
    master,
    url: sentinels.map(({ port }) => `sentinel://127.0.0.1:${port}/0`).join(";"),
    async [Symbol.asyncDispose]() {
      await Promise.all(sentinels.map(({ sentinel }) => sentinel[Symbol.asyncDispose]()));
      await Promise.all([master, copy].map((server) => server[Symbol.asyncDispose]()));
      await folder[Symbol.asyncDispose]();
    },
  };
}

requires("redis")("Redis behind sentinels", () => {
  it("carries messages and results, also after its master has died", async () => {
    await using redis = await cluster();
    const options = { master_name: MASTER };
    const settings = { brokerTransportOptions: options, resultBackendTransportOptions: options };
    await using app = createApp("client", { broker: redis.url, backend: redis.url, ...settings });
    await using worker = await qWorker({
      app: "recovery/app.mjs",
      broker: redis.url,
      settings: { ...settings, resultBackend: redis.url, taskIgnoreResult: false },
      ledger: "/dev/null",
    });
    const call = async (): Promise<unknown> =>
      (await app.sendTask("recovery.late", [0])).get({ timeout: 15 });
    expect(await call()).toBeNull();

    await redis.master.kill();

    // Until the sentinels have chosen a new master there is none.
    await waitUntil(
      () =>
        call().then(
          () => true,
          () => false,
        ),
      { timeoutMs: 40_000, what: "a task to run on the new master" },
    );
    expect(worker.isRunning).toBe(true);
  });
});
