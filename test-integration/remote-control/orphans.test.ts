import { type Redis } from "ioredis";
import { createApp } from "@q/core";
import { expect, it } from "vitest";
import {
  type ChildProgram,
  nodeProcess,
  pythonWorker,
  requires,
  seededRandom,
  startRedis,
  suiteResource,
} from "../harness/index.ts";
import { qWorker } from "../harness/q-worker.ts";

/** How long clients and workers are killed: an hour in the full run. */
const durationMs = process.env["Q_TEST_FULL"] === "1" ? 3_600_000 : 4000;

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

requires("redis", "python")("a fleet whose clients and workers are killed while they talk", () => {
  const redis = suiteResource(() => startRedis());

  it(
    "leaves no key without a time to live or an owner",
    async () => {
      const broker = redis().url;
      const look = redis().client();
      const random = seededRandom(7);
      const startWorker = (): Promise<ChildProgram> =>
        qWorker({ app: "interop-python/programs/interop-app.ts", broker, args: ["-c", "1", "-P", "solo"] });
      const startClient = (): ChildProgram =>
        nodeProcess("test-integration/remote-control/programs/asking-client.ts", [], {
          env: { BROKER_URL: broker },
        });
      const python = await pythonWorker({ broker, backend: broker });
      let worker = await startWorker();
      for (const end = Date.now() + durationMs, clients: ChildProgram[] = []; Date.now() < end;) {
        for (let count = 0; count < 3; count++) clients.push(startClient());
        for (const client of clients.splice(0)) {
          await client.waitFor(new RegExp(`^asked ${random.int(1, 5)}$`), { timeoutMs: 30_000 });
          await client.stop("SIGKILL");
        }
        await worker.stop("SIGKILL");
        worker = await startWorker();
      }
      expect(await ownerless(look)).toEqual([]);

      // Two minutes later, seen from the registry, somebody comes by.
      for (const queue of await look.zrange("_q.owned-queues", "0", "-1"))
        await look.zadd("_q.owned-queues", 1, queue);
      await using app = createApp("last", { broker });
      expect(await app.control.ping({ limit: 2 })).toHaveLength(2);
      await app.close();
      expect(await look.keys("*.reply.*")).toEqual([]);
      expect(await look.exists("_q.owned-queues")).toBe(0);
      const bindings = await look.keys("_kombu.binding.*pidbox*");
      expect(await Promise.all(bindings.map((key) => look.scard(key)))).toEqual(bindings.map(() => 1));
      await Promise.all([worker.stop("SIGTERM"), python.stop("SIGTERM")]);
    },
    durationMs + 120_000,
  );
});
