import { recordingLogger } from "@q/kernel/testing";
import { Worker } from "@q/worker";
import { afterAll, beforeAll, expect, it } from "vitest";
import { jsonLine, requires, seededRandom, startRedis, suiteResource, waitUntil } from "../harness/index.ts";
import { qWorker } from "../harness/q-worker.ts";
import { createArithmetic } from "./arithmetic.ts";
import { type Outcomes, outcomes } from "./outcomes.ts";
import { taskId, toleranceCases } from "./vectors.ts";

/** What the tests look at in a line of `--logformat json`. */
interface LogLine {
  readonly msg: string;
  readonly code?: string;
  readonly taskId?: string;
  readonly tag?: string;
  readonly fate?: string;
}

/** State in the result store, where there is one. */
const storedStates: Readonly<Record<string, string>> = {
  runs: "SUCCESS",
  fails: "FAILURE",
  expires: "REVOKED",
  ERR_Q_NOT_REGISTERED: "FAILURE",
};

/** How often each text occurs. */
function count(texts: readonly (string | undefined)[]): Map<string | undefined, number> {
  return new Map(texts.map((text) => [text, texts.filter((other) => other === text).length]));
}

const discarded = toleranceCases.filter(({ name }) => outcomes[name]?.q.startsWith("ERR_Q_"));

requires("redis")("The odd envelopes of foreign producers", () => {
  const redis = suiteResource(() => startRedis());

  it("have a row each in the table of outcomes", () => {
    expect(toleranceCases).toHaveLength(65);
    expect(toleranceCases.map(({ name }) => name)).toEqual(Object.keys(outcomes));
  });

  it.each(toleranceCases)(
    "do in Python what the table says: $name",
    ({ name, worker_alive, metas, received, log }) => {
      const states = { SUCCESS: "runs", FAILURE: "fails", REVOKED: "expires" } as const;
      // The first result is the task's own, the others are those of callbacks.
      const state = /"status": "(\w+)"/.exec(Object.values(metas)[0] ?? "")?.[1] as
        keyof typeof states | undefined;
      const silently = received && log.length === 0 ? "runs" : "drops";
      expect(worker_alive ? (state ? states[state] : silently) : "dies").toBe(outcomes[name]?.python);
    },
  );

  const setUp = async () => {
    const logger = recordingLogger();
    const app = createArithmetic({ broker: redis().url, backend: redis().url, logger });
    const worker = new Worker(app, { concurrency: 1 });
    await worker.start();
    return { logger, app, worker, client: redis().client() };
  };
  let parts: Awaited<ReturnType<typeof setUp>>;
  beforeAll(async () => void (parts = await setUp()));
  afterAll(async () => {
    await parts.worker.stop();
    await parts.app.close();
  });

  it.each(toleranceCases.map((one, index) => ({ ...one, index, ...(outcomes[one.name] as Outcomes) })))(
    "do in Q what the table says, and the next task runs: $name",
    async ({ name, entry, index, q }) => {
      const { client, app, logger } = parts;
      const before = logger.lines.length;
      await client.lpush("celery", entry);
      const next = await app.sendTask("t.add", [index, 1]);
      expect(await next.get({ timeout: 20 })).toBe(index + 1);
      await waitUntil(async () => (await client.hlen("unacked")) === 0, { what: "everything to be settled" });
      const discards = logger.lines.slice(before).filter(({ message }) => message === "message discarded");
      const meta = (await client.get(`celery-task-meta-${taskId(index)}`)) ?? "";
      const status = /"status":"(\w+)"/.exec(meta)?.[1];
      const isDiscarded = q.startsWith("ERR_Q_");
      expect(discards.map(({ fields }) => fields["code"])).toEqual(isDiscarded ? [q] : []);
      // Something to find the message by.
      expect(discards.filter(({ fields }) => (fields["taskId"] ?? fields["tag"]) === undefined)).toEqual([]);
      expect(status).toBe(name === "ignore_result_true" ? undefined : storedStates[q]);
    },
  );

  it.each(["reject", "park"])("neither stop nor slow a worker process with --unusable %s", async (policy) => {
    const random = seededRandom();
    await using own = await startRedis();
    const client = own.client();
    await using app = createArithmetic({ broker: own.url, backend: own.url });
    const env = { RESULT_BACKEND: own.url };
    await using worker = await qWorker({
      app: "bad-input/app.ts",
      broker: own.url,
      env,
      args: ["--unusable", policy, "-c", "2"],
    });
    const good = [];
    const rest = [...toleranceCases];
    while (rest.length > 0) {
      good.push(await app.sendTask("t.add", [good.length, 1]));
      const [one] = rest.splice(random.int(0, rest.length - 1), 1);
      await client.lpush("celery", one?.entry ?? "");
    }
    good.push(await app.sendTask("t.add", [good.length, 1]));
    const sums = await Promise.all(good.map((result) => result.get({ timeout: 30 })));
    expect(sums, `seed ${random.seed}`).toEqual(good.map((_, index) => index + 1));
    await waitUntil(async () => (await client.hlen("unacked")) + (await client.llen("celery")), {
      accept: (left) => left === 0,
    });

    const discards = jsonLine<LogLine>(({ msg }) => msg === "message discarded");
    const logged = (): LogLine[] => worker.lines.flatMap((line) => discards(line) || []);
    const seen = await waitUntil(logged, { accept: ({ length }) => length >= discarded.length });
    const codes = count(discarded.map(({ name }) => outcomes[name]?.q));
    expect(count(seen.map(({ code }) => code))).toEqual(codes);
    expect(seen.filter(({ taskId: id, tag }) => (id ?? tag) === undefined)).toEqual([]);
    // An entry that is no message at all cannot be rejected: it is moved aside by every policy.
    const fates = seen.filter(({ code }) => code !== "ERR_Q_MALFORMED_MESSAGE").map(({ fate }) => fate);
    expect(new Set(fates.map((fate) => fate === "park"))).toEqual(new Set([policy === "park"]));
    const parked = (await client.lrange("celery.parked", 0, -1)).map(
      (text) => JSON.parse(text) as { headers: Record<string, string> },
    );
    const reasons = count(parked.map(({ headers }) => headers["x-q-reason"]));
    expect(reasons).toEqual(policy === "park" ? codes : new Map());
    expect(await worker.stop("SIGTERM")).toEqual({ code: 0, signal: null });
    expect(worker.lines.filter((line) => /unhandled|uncaught/i.test(line))).toEqual([]);
  });
});
