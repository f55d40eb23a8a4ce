import { type Redis } from "ioredis";
import { createApp } from "@q/core";
import { expect, it } from "vitest";
import {
  type ChildProgram,
  nodeProcess,
  pythonClient,
  pythonWorker,
  requires,
  type SeededRandom,
  seededRandom,
  startRedis,
  suiteResource,
  waitUntil,
} from "../harness/index.ts";
import { qWorker } from "../harness/q-worker.ts";

const fullMinutes = Number(process.env["Q_TEST_MINUTES"] ?? 60);
/** How long clients and workers are killed. */
const durationMs = process.env["Q_TEST_FULL"] === "1" ? fullMinutes * 60_000 : 4000;

/** Keys that are there as long as a fleet is, whoever is in it. */
const ofTheFleet = /^(_kombu\.binding[._]|celery$|unacked)/;

/** Names of keys that nobody will ever remove: no time to live, no owner that is listed. */
async function ownerless(redis: Redis): Promise<string[]> {
  const owned = new Set(await redis.zrange("_q.owned-queues", "0", "-1"));
  const keys = (await redis.keys("*")).filter((key) => !ofTheFleet.test(key) && key !== "_q.owned-queues");
  const left = [];
  for (const key of keys) if (!owned.has(key) && (await redis.ttl(key)) === -1) left.push(key);
  return left;
}

const startWorker = (broker: string): Promise<ChildProgram> =>
  qWorker({
    app: "interop-python/programs/interop-app.ts",
    broker,
    settings: { resultBackend: broker },
    args: ["-c", "1", "-P", "solo", "-E"],
  });

const startClient = (broker: string): ChildProgram =>
  nodeProcess("test-integration/remote-control/programs/asking-client.ts", [], {
    env: { BROKER_URL: broker },
  });

/** Kills the clients while they talk, the worker among them, and starts another worker. */
async function killAll(
  { worker, clients }: { worker: ChildProgram; clients: readonly ChildProgram[] },
  random: SeededRandom,
): Promise<void> {
  const workerFalls = random.int(0, clients.length - 1);
  for (const [index, client] of clients.entries()) {
    if (index === workerFalls) await worker.stop("SIGKILL");
    await client.waitFor(new RegExp(`^began ${random.int(1, 6)}$`), { timeoutMs: 60_000 });
    await client.stop("SIGKILL");
  }
}

/** Seen from the registry of queues: their owners have not been heard of since. */
async function twoMinutesLater(redis: Redis): Promise<void> {
  for (const queue of await redis.zrange("_q.owned-queues", "0", "-1"))
    await redis.zadd("_q.owned-queues", 1, queue);
}

/** Listed queues whose time is over. */
const unused = (redis: Redis): Promise<number> => redis.zcount("_q.owned-queues", "-inf", "1");

requires("redis", "python")("a fleet whose clients and workers are killed while they talk", () => {
  const redis = suiteResource(() => startRedis());

  it(
    "leaves no key without a time to live or an owner",
    async () => {
      const broker = redis().url;
      const look = redis().client();
      const random = seededRandom(7);
      const python = await pythonWorker({ broker, backend: broker });
      let worker = await startWorker(broker);
      for (const end = Date.now() + durationMs; Date.now() < end;) {
        const clients = [startClient(broker), startClient(broker), startClient(broker)];
        await killAll({ worker, clients }, random);
        worker = await startWorker(broker);
        expect(await ownerless(look)).toEqual([]);
      }

      await twoMinutesLater(look);
      await using app = createApp("last", { broker });
      // Each of the calls removes a hundred of them.
      await waitUntil(
        async () => (await app.control.ping({ limit: 2 })).length === 2 && (await unused(look)) === 0,
      );
      await app.close();
      expect(await look.keys("*.reply.*")).toEqual([]);
      const bindings = await look.keys("_kombu.binding.*pidbox*");
      expect(await Promise.all(bindings.map((key) => look.scard(key)))).toEqual(bindings.map(() => 1));
      await Promise.all([worker.stop("SIGTERM"), python.stop("SIGTERM")]);
    },
    durationMs + 120_000,
  );

  it("leaves no answer for ever to a client of Python that was killed before it came", async () => {
    const broker = redis().url.replace(/0$/, "1");
    const look = redis().client({ url: broker });
    await using worker = await startWorker(broker);
    await using client = await pythonClient({ broker, backend: broker });
    const asked = new Promise<void>((resolve) => {
      look.on("message", (_channel: string, text: string) => {
        // The worker asks others, too, when it has started.
        const { body } = JSON.parse(text) as { body: string };
        if (Buffer.from(body, "base64").toString().includes('"ping"')) resolve();
      });
    });
    await look.subscribe("/1.celery.pidbox");

    worker.kill("SIGSTOP");
    client.run("app.control.ping(timeout=60)").catch(() => undefined);
    await asked;
    await client.program.stop("SIGKILL");
    worker.kill("SIGCONT");

    await look.unsubscribe();
    const answers = await waitUntil(() => look.keys("*.reply.celery.pidbox"), {
      accept: (keys) => keys.some((key) => !key.startsWith("_kombu")),
      what: "the worker's answer",
    });
    expect(answers).toContain("_kombu.binding.reply.celery.pidbox");
    expect(await ownerless(look)).toEqual([]);
    await worker.stop("SIGTERM");
  });

  it("removes an answer of Python that comes when the call is over", async () => {
    const broker = redis().url.replace(/0$/, "2");
    const look = redis().client({ url: broker });
    await using python = await pythonWorker({ broker, backend: broker });
    await using worker = await startWorker(broker);
    await using app = createApp("asking", { broker });
    python.kill("SIGSTOP");
    expect(await app.control.ping({ limit: 1, timeout: 20 })).toHaveLength(1);
    python.kill("SIGCONT");
    // Perhaps one to the worker as well, which asked the others when it started.
    const late = await waitUntil(() => look.keys("*.reply.celery.pidbox"), {
      accept: (keys) => keys.length > 0,
      what: "the late answer",
    });
    expect(await ownerless(look)).toEqual([]);

    await twoMinutesLater(look);
    expect(await app.control.ping({ limit: 2, timeout: 20 })).toHaveLength(2);
    expect(await look.exists(...late)).toBe(0);
    await Promise.all([worker.stop("SIGTERM"), python.stop("SIGTERM")]);
  });
});
