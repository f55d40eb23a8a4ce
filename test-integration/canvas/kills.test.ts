import { existsSync, readFileSync } from "node:fs";
import { type App, createApp } from "@q/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type ChildProgram,
  rabbitVhost,
  requires,
  type SeededRandom,
  seededRandom,
  startRedis,
  suiteResource,
  tempFolder,
  waitUntil,
} from "../harness/index.ts";
import { qWorker } from "../harness/q-worker.ts";
import { expected, models, named, signatureOf, taskCount } from "./canvas-model.ts";
import { registerCanvasTasks } from "./canvas-tasks.ts";
import { type Handle, outcomeOf } from "./outcome-of.ts";

const isFull = process.env["Q_TEST_FULL"] === "1";
const ROUNDS = isFull ? 40 : 5;
const WORKFLOWS = 6;
const WORKERS = 3;
/** A chord whose worker was killed waits for the claim of that one, and chords may be inside chords. */
const WAIT_MS = 60_000;

/** Where clients and workers meet. */
interface Place {
  readonly broker: string;
  readonly backend: string;
  readonly settings?: Readonly<Record<string, unknown>>;
}

/** Worker processes of which one is killed now and then; another one takes its place. */
class Fleet implements AsyncDisposable {
  readonly app: App;
  readonly #place: Place;
  readonly #notes: string;
  readonly #workers: Promise<ChildProgram>[] = [];

  constructor(place: Place, notes: string) {
    this.#place = place;
    this.#notes = notes;
    const { broker, backend, settings } = place;
    this.app = createApp("canvas", { broker, backend, ...settings });
    registerCanvasTasks(this.app);
    for (let count = 0; count < WORKERS; count++) this.#workers.push(this.#worker());
  }

  /** The tasks that have run so far, each with the mark of its message. */
  get ran(): (readonly [task: string, attempt: string])[] {
    if (!existsSync(this.#notes)) return [];
    const lines = readFileSync(this.#notes, "utf8").split("\n").slice(0, -1);
    return lines.map((line) => line.split(" ") as [string, string]);
  }

  ready(): Promise<unknown> {
    return Promise.all(this.#workers);
  }

  async kill(index: number): Promise<void> {
    (await this.#workers[index])?.kill("SIGKILL");
    this.#workers[index] = this.#worker();
  }

  #worker(): Promise<ChildProgram> {
    const { broker, backend, settings } = this.#place;
    return qWorker({
      app: "canvas/programs/canvas-app.ts",
      broker,
      settings: { resultBackend: backend, workerPrefetchMultiplier: 2, ...settings },
      args: ["-c", "4", "-P", "async"],
      env: { NOTES: this.#notes },
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.allSettled(this.#workers.map(async (worker) => (await worker)[Symbol.asyncDispose]()));
    await this.app.close();
  }
}

/** Sends random workflows, kills workers when a random number of their tasks has run, and looks at every end. */
async function round(fleet: Fleet, random: SeededRandom, name: string): Promise<void> {
  const seed = random.int(0, 2 ** 31 - 1);
  const chosen = fc
    .sample(models(), { seed, numRuns: WORKFLOWS })
    .map((model, index) => named(model, `${name}w${index}t`));
  const before = fleet.ran.length;
  const handles = await Promise.all(chosen.map((model) => signatureOf(fleet.app, model).delay()));
  const outcomes = Promise.all(handles.map((one) => outcomeOf(fleet.app, one as unknown as Handle, WAIT_MS)));

  // What fails early leaves steps behind it that never run, so that not all of them can be waited for.
  const few = Math.max(1, Math.floor(chosen.reduce((sum, model) => sum + taskCount(model), 0) / 4));
  let hasEnded = false;
  void outcomes.finally(() => (hasEnded = true)).catch(() => {});
  for (let kills = random.int(1, 2), after = 0; kills > 0; kills--) {
    after = random.int(after, few);
    await waitUntil(() => hasEnded || fleet.ran.length - before >= after, { timeoutMs: WAIT_MS });
    await fleet.kill(random.int(0, WORKERS - 1));
  }
  expect(await outcomes).toEqual(chosen.map((model) => expected(model)));
  const senders = new Map<string, string>();
  for (const [task, attempt] of fleet.ran) {
    if (attempt === "") continue;
    expect([task, senders.get(task) ?? attempt]).toEqual([task, attempt]);
    senders.set(task, attempt);
  }
}

function define(place: () => Place): void {
  it(
    `end as the reference says, and no body runs from two messages, in ${ROUNDS} rounds`,
    async () => {
      await using folder = await tempFolder("kills");
      await using fleet = new Fleet(place(), `${folder.path}/notes`);
      await fleet.ready();
      const random = seededRandom();
      try {
        for (let index = 0; index < ROUNDS; index++) await round(fleet, random, `r${index}`);
      } catch (error) {
        throw new Error(`Q_TEST_SEED=${random.seed}: ${(error as Error).message}`, { cause: error });
      }
    },
    isFull ? 1_200_000 : 180_000,
  );
}

requires("redis", "rabbitmq")("workflows whose workers are killed, on RabbitMQ", () => {
  const broker = suiteResource(() => rabbitVhost());
  const redis = suiteResource(() => startRedis());
  define(() => ({ broker: broker().url, backend: redis().url }));
});

requires("redis")("workflows whose workers are killed, on Redis", () => {
  const server = suiteResource(() => startRedis());
  // A worker keeps the leases of what it runs; those of a dead one are over after this.
  const settings = { brokerTransportOptions: { visibilityTimeout: 2 } };
  define(() => ({ broker: server().url, backend: server().url, settings }));
});

describe("workflows whose workers are killed, on SQLite", () => {
  const folder = suiteResource(() => tempFolder("kills"));
  define(() => {
    const url = `sqlite:///${folder().path}/q.db`;
    return { broker: url, backend: url };
  });
});
