import { join } from "node:path";
import { expect, it } from "vitest";
import {
  jsonLine,
  nodeProcess,
  pythonWorker,
  rabbitVhost,
  requires,
  startProxy,
  startRedis,
  tempFolder,
} from "../harness/index.ts";
import { qWorker } from "../harness/q-worker.ts";

const app = "beat/beat-app.mjs";
const folder: string = new URL("..", import.meta.url).pathname;
/** Id of an occurrence: a UUID of version 5. */
const ID = "[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}";

const brokers = {
  Redis: { needs: ["redis", "python"], open: startRedis },
  RabbitMQ: { needs: ["rabbitmq", "python"], open: rabbitVhost },
} as const;

for (const [name, { needs, open }] of Object.entries(brokers)) {
  requires(...needs)(`q beat on ${name}`, () => {
    it("sends what workers of both languages execute, and ends when it is told to", async () => {
      await using broker = await open();
      await using schedule = await tempFolder("beat");
      const env = { BROKER_URL: broker.url };
      const args = [
        "-A",
        app,
        "beat",
        "-l",
        "INFO",
        "-s",
        join(schedule.path, "schedule"),
        "--max-interval",
        "5",
      ];
      const pidfile = ["--pidfile", join(schedule.path, "beat.pid")];
      await using beat = nodeProcess("packages/cli/bin/q.js", [...args, ...pidfile], { cwd: folder, env });
      await using python = await pythonWorker({ broker: broker.url, queues: ["for-python"] });
      await using node = await qWorker({ app, broker: broker.url, args: ["-Q", "for-q", "-P", "solo"] });
      await beat.waitFor(/scheduler -> q\.beat/);
      await python.waitFor(new RegExp(`Task interop\\.add\\[${ID}\\] succeeded in .*: 5`), {
        timeoutMs: 30_000,
      });
      const done = await node.waitFor(
        jsonLine<{ msg: string; taskName?: string; taskId: string }>(
          ({ msg, taskName }) => msg === "task succeeded" && taskName === "interop.multiply",
        ),
        { timeoutMs: 30_000 },
      );
      expect(done.taskId).toMatch(new RegExp(`^${ID}$`));
      expect(await beat.stop("SIGTERM")).toEqual({ code: 0, signal: null });
    });
  });
}

requires("redis")("q beat", () => {
  const argsOf = (name: string, path: string): string[] => [
    ...["-A", `beat/${name}`, "beat", "-l", "INFO", "--logformat", "json"],
    ...["-s", join(path, "schedule")],
  ];

  it("sends to an exchange, so that every worker runs it, and says which entry it came from", async () => {
    await using redis = await startRedis();
    await using schedule = await tempFolder("beat");
    const workers = await Promise.all(
      [1, 2].map(() => qWorker({ app: "beat/broadcast-app.mjs", broker: redis.url })),
    );
    await using _one = workers[0];
    await using _two = workers[1];
    const env = { BROKER_URL: redis.url };
    await using beat = nodeProcess("packages/cli/bin/q.js", argsOf("broadcast-app.mjs", schedule.path), {
      cwd: folder,
      env,
    });
    const { taskId } = await beat.waitFor(
      jsonLine<{ msg: string; taskId: string }>(({ msg }) => msg === "sent periodic task"),
      { timeoutMs: 30_000 },
    );
    for (const worker of workers) {
      await worker.waitFor(/reload for reload/, { timeoutMs: 30_000 });
      await worker.waitFor(new RegExp(`${taskId}.*task succeeded|task succeeded.*${taskId}`), {
        timeoutMs: 30_000,
      });
    }
  });

  it("goes on when its broker was away, and counts what was not sent as missed", async () => {
    await using redis = await startRedis();
    await using schedule = await tempFolder("beat");
    await using proxy = await startProxy({ target: redis.url });
    await using beat = nodeProcess("packages/cli/bin/q.js", argsOf("beat-app.mjs", schedule.path), {
      cwd: folder,
      env: { BROKER_URL: proxy.url },
    });
    const message = (text: string): Promise<{ msg: string }> =>
      beat.waitFor(
        jsonLine<{ msg: string }>(({ msg }) => msg === text),
        { timeoutMs: 40_000, from: beat.lines.length },
      );
    await message("sent periodic task");
    proxy.refuse();
    proxy.cut();
    await message("missed occurrences");
    await proxy.accept();
    await message("sent periodic task");
    expect(await beat.stop("SIGTERM")).toEqual({ code: 0, signal: null });
  });
});

requires("redis")("q worker -B", () => {
  it("runs what its own beat sends", async () => {
    await using redis = await startRedis();
    await using schedule = await tempFolder("beat");
    const args = ["-Q", "for-q", "-P", "solo", "-B", "-s", join(schedule.path, "schedule")];
    await using worker = await qWorker({ app, broker: redis.url, args });
    await worker.waitFor(/^beat:started true$/, { timeoutMs: 30_000 });
    await worker.waitFor(/"task succeeded"/, { timeoutMs: 30_000 });
    expect(await worker.stop("SIGTERM")).toMatchObject({ code: 0 });
  });
});
