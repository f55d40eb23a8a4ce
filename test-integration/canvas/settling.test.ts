import { type App, createApp, type PublishMiddleware, READY_STATES } from "@q/core";
import { Worker } from "@q/worker";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { requires, startRedis, suiteResource } from "../harness/index.ts";
import { tempFolder } from "../harness/temp-folder.ts";
import { bodyTasks, expected, type Model, models, type Outcome, signatureOf } from "./canvas-model.ts";
import { registerCanvasTasks } from "./canvas-tasks.ts";

const isFull = process.env["Q_TEST_FULL"] === "1";
/** Workflows per store. */
const RUNS = isFull ? 1500 : 60;
/** Longest wait for a workflow. */
const WAIT_MS = 10_000;
/** How many messages are delivered twice. */
const DUPLICATES = 0.25;

interface Handle {
  readonly id: string;
  readonly results?: readonly Handle[];
  get?(options: object): Promise<unknown>;
}

/** An app and a worker at one place; every message may be sent twice. */
class Arena implements AsyncDisposable {
  readonly app: App;
  readonly worker: Worker;
  /** Ids of the messages sent, by the name in their arguments; a duplicate does not count. */
  readonly sent = new Map<string, number>();

  constructor(settings: Readonly<Record<string, unknown>>) {
    const duplicate: PublishMiddleware = async ({ task }, next) => {
      await next();
      if (task.name !== "canvas.mark") return;
      const name = String(task.args.at(-2));
      if ((task.retries ?? 0) === 0) this.sent.set(name, (this.sent.get(name) ?? 0) + 1);
      if (Math.random() < DUPLICATES) await next();
    };
    this.app = createApp("canvas", {
      ...settings,
      publishMiddleware: [duplicate],
      workerPrefetchMultiplier: 4,
    });
    registerCanvasTasks(this.app);
    this.worker = new Worker(this.app, { concurrency: 8, pool: "async" });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.worker.stop("cold");
    await this.app.close();
  }
}

/** The end of what a handle stands for, in the shape of the model's. */
async function outcomeOf(app: App, handle: Handle): Promise<Outcome> {
  if (handle.results) return { members: await Promise.all(handle.results.map((one) => outcomeOf(app, one))) };
  const backend = await app.backend();
  for await (const meta of backend.watch([handle.id], AbortSignal.timeout(WAIT_MS))) {
    if (!READY_STATES.has(meta.status)) continue;
    return meta.status === "SUCCESS" ? { value: meta.result } : { failed: true };
  }
  throw new Error(`${handle.id} has not come to an end`);
}

async function check(arena: Arena, model: Model): Promise<void> {
  const { app, sent } = arena;
  sent.clear();
  const handle = (await signatureOf(app, model).delay()) as unknown as Handle;
  expect(await outcomeOf(app, handle)).toEqual(expected(model));
  for (const name of bodyTasks(model))
    expect([name, sent.get(name) ?? 0]).toEqual([name, expect.toSatisfy(atMostOnce)]);
}

const atMostOnce = (times: number): boolean => times <= 1;

function define(place: () => Readonly<Record<string, unknown>>): void {
  let arena: Promise<Arena> | undefined;
  const opened = (): Promise<Arena> =>
    (arena ??= (async () => {
      const one = new Arena(place());
      await one.worker.start();
      return one;
    })());
  afterAll(async () => (await arena)?.[Symbol.asyncDispose]());

  it(
    `ends ${RUNS} random workflows as the reference says, with failures, retries and duplicate deliveries`,
    async () => {
      const one = await opened();
      await fc.assert(
        fc.asyncProperty(models(), (model) => check(one, model)),
        { numRuns: RUNS, interruptAfterTimeLimit: isFull ? 550_000 : 45_000 },
      );
    },
    isFull ? 600_000 : 60_000,
  );
}

describe("workflows in memory", () => {
  const name = crypto.randomUUID();
  define(() => ({ broker: `memory://${name}`, backend: `memory://${name}` }));
});

describe("workflows in SQLite", () => {
  const folder = suiteResource(() => tempFolder());
  define(() => {
    const url = `sqlite:///${folder().path}/q.db`;
    return { broker: url, backend: url };
  });
});

requires("redis")("workflows on Redis", () => {
  const server = suiteResource(() => startRedis());
  define(() => ({ broker: server().url, backend: server().url }));
});
