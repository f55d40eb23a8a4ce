import { existsSync, readFileSync } from "node:fs";
import { type App, type AppOptions, type AsyncResult, chord, createApp, type Signature } from "@q/core";
import { expect, it } from "vitest";
import {
  type ChildProgram,
  rabbitVhost,
  requires,
  startRedis,
  suiteResource,
  tempFolder,
  waitUntil,
} from "../harness/index.ts";
import { qWorker, startQWorker } from "../harness/q-worker.ts";
import { registerCanvasTasks } from "./canvas-tasks.ts";

/** Workflows of tasks that are known by name only have no types to compose by. */
const anyChord = chord as unknown as (header: Signature[], body: Signature) => Signature;

requires("redis", "rabbitmq")("a worker that dies while it ends a chord", () => {
  const broker = suiteResource(() => rabbitVhost());
  const redis = suiteResource(() => startRedis());

  /** A client, two queues, and workers that die once at a point of the chord's end. */
  async function open(point: string, settings: AppOptions = {}) {
    const folder = await tempFolder("crash");
    const mark = `${folder.path}/mark`;
    const [queue, bodyQueue] = ["members", "body"].map((name) => `${name}-${crypto.randomUUID()}`) as [
      string,
      string,
    ];
    const app: App = createApp("canvas", { broker: broker().url, backend: redis().url, ...settings });
    registerCanvasTasks(app);
    const options = (queues: string) => ({
      app: "canvas/programs/canvas-app.ts",
      broker: broker().url,
      settings: { resultBackend: redis().url, workerPrefetchMultiplier: 1 },
      args: ["-Q", queues, "-c", "2", "-P", "async"],
      env: { KILL_AT: point, MARK: mark },
    });
    return {
      app,
      task: (name: string, behaviour = "succeed") =>
        app.signature("canvas.mark", [name, behaviour]).set({ queue: name === "body" ? bodyQueue : queue }),
      queues: { members: queue, body: bodyQueue, both: `${queue},${bodyQueue}` },
      worker: (queues: string): Promise<ChildProgram> => qWorker(options(queues)),
      /** Runs a worker until it has died at the point. */
      async die(queues: string): Promise<void> {
        await using dying = startQWorker(options(queues));
        await dying.exited;
        expect(existsSync(mark)).toBe(true);
      },
      /** How often the body was sent, or has run, so far. */
      times: (what: "sent" | "ran"): number =>
        existsSync(`${mark}.${what}`) ? readFileSync(`${mark}.${what}`, "utf8").length : 0,
      async [Symbol.asyncDispose]() {
        await app.close();
        await folder[Symbol.asyncDispose]();
      },
    };
  }

  it.each([
    "before the member is counted",
    "after the last member is counted",
    "before the body is sent",
    "after the body is sent",
  ])("%s: the chord ends all the same, and its body runs once", async (point) => {
    await using scene = await open(point);
    const { app, task, queues, times } = scene;
    const workflow = anyChord([task("a"), task("b"), task("c")], task("body"));
    const result = (await workflow.delay()) as AsyncResult<unknown>;

    // Were it given the body, it could begin it before it dies, and what a dead worker has begun runs again.
    await scene.die(queues.members);
    await using _next = await scene.worker(queues.both);
    expect(await app.AsyncResult(result.id).get({ timeout: 30 })).toBe('body(["a","b","c"])');
    expect(times("ran")).toBe(1);
  });

  it.each([
    { what: "body", build: (task: Task) => anyChord([task("a"), task("b")], task("body")) },
    {
      what: "error callback",
      build: (task: Task) => anyChord([task("a"), task("b", "fail")], task("c").onError(task("body"))),
    },
    {
      what: "body that is a chain",
      build: (task: Task) => anyChord([task("a"), task("b")], task("body").pipe(task("c") as never)),
    },
    {
      what: "body that is a chord",
      build: (task: Task) => anyChord([task("a"), task("b")], anyChord([task("body")], task("c"))),
    },
    {
      what: "error callback of a chord whose time is over",
      settings: { resultChordDeadline: 0.5 },
      build: (task: Task) =>
        anyChord([task("a"), task("b").set({ queue: "nobody's" })], task("c").onError(task("body"))),
    },
  ])(
    "between the broker's word and its own note: the $what is sent twice and runs once",
    async (scenario) => {
      const { build, settings } = scenario;
      await using scene = await open("after the body is sent", settings);
      const { task, queues, times } = scene;
      await build(task).delay();

      // Nobody runs the body yet: nothing can be seen of it.
      await scene.die(queues.members);
      await using _next = await scene.worker(queues.members);
      await waitUntil(() => times("sent") === 2);
      await using last = await scene.worker(queues.body);
      await last.waitFor(/message was sent twice/);
      await waitUntil(() => times("ran") > 0);
      expect(times("ran")).toBe(1);
    },
  );
});

type Task = (name: string, behaviour?: string) => Signature;
