import { createHash } from "node:crypto";
import { type App, createApp, type PublishMiddleware } from "@q/core";
import { Worker } from "@q/worker";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { requires, seededRandom, startRedis, suiteResource, tempFolder } from "../harness/index.ts";
import { bodyTasks, expected, type Model, models, named, signatureOf } from "./canvas-model.ts";
import { type Handle, outcomeOf } from "./outcome-of.ts";
import { registerCanvasTasks } from "./canvas-tasks.ts";

const isFull = process.env["Q_TEST_FULL"] === "1";
/** Workflows per store. */
const RUNS = isFull ? 1500 : 60;
/** Of a failure that is to be seen again. */
const SEED = process.env["Q_TEST_SEED"];
/** Longest wait for a workflow. */
const WAIT_MS = 30_000;
/** How many messages are delivered twice. */
const DUPLICATES = 0.25;

/** An app and a worker at one place; every message may be sent twice. */
class Arena implements AsyncDisposable {
  readonly app: App;
  readonly worker: Worker;
  /** Ids of the messages sent, by the name in their arguments; a duplicate does not count. */
  readonly sent = new Map<string, number>();
  /** From which it follows what is delivered twice. */
  chaos = 0;
  /** Workflows before this one, whose second deliveries may still be under way: no two share the name of a task. */
  workflows = 0;

  constructor(settings: Readonly<Record<string, unknown>>) {
    const duplicate: PublishMiddleware = async ({ task }, next) => {
      await next();
      if (task.name !== "canvas.mark") return;
      const name = String(task.args.at(-2));
      if ((task.retries ?? 0) === 0) this.sent.set(name, (this.sent.get(name) ?? 0) + 1);
      if (this.isDoubled(`${name.replace(/^w\d+/, "")} ${task.retries}`)) await next();
    };
    this.app = createApp("canvas", {
      ...settings,
      publishMiddleware: [duplicate],
      workerPrefetchMultiplier: 4,
    });
    registerCanvasTasks(this.app);
    this.worker = new Worker(this.app, { concurrency: 8, pool: "async" });
  }

  /** The same for the same message and chaos, whenever it is sent. */
  isDoubled(message: string): boolean {
    const seed = createHash("sha1").update(`${this.chaos} ${message}`).digest().readUInt32LE();
    return seededRandom(seed).next() < DUPLICATES;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.worker.stop("cold");
    await this.app.close();
  }
}

async function check(arena: Arena, unnamed: Model, chaos: number): Promise<void> {
  const { app, sent } = arena;
  const model = named(unnamed, `w${arena.workflows++}t`);
  sent.clear();
  arena.chaos = chaos;
  const handle = (await signatureOf(app, model).delay()) as unknown as Handle;
  expect(await outcomeOf(app, handle, WAIT_MS)).toEqual(expected(model));
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
        fc.asyncProperty(models(), fc.nat(), (model, chaos) => check(one, model, chaos)),
        {
          numRuns: RUNS,
          interruptAfterTimeLimit: isFull ? 550_000 : 45_000,
          ...(SEED !== undefined && { seed: Number(SEED) }),
        },
      );
    },
    isFull ? 600_000 : 120_000,
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
