import { BackendRegistry, createBackendRegistry, type ResultBackend } from "@q/backends";
import { createMemoryBackend } from "@q/backends/memory";
import {
  type App,
  chain,
  chord,
  createApp,
  group,
  Ignore,
  type TaskContext,
  type TaskRequest,
} from "@q/core";
import { afterEach, describe, expect, it } from "vitest";
import { Worker } from "../worker.ts";

const open: AsyncDisposable[] = [];

afterEach(async () => {
  for (const one of open.splice(0).toReversed()) await one[Symbol.asyncDispose]();
});

const wait = { timeout: 20 };
const told: unknown[] = [];

/** The memory backend as one that cannot count. */
function unlockRegistry(): BackendRegistry {
  return new BackendRegistry().register({
    schemes: ["memory"],
    load: async () => async (context) => {
      const backend = await createMemoryBackend(context);
      return new Proxy<ResultBackend>(backend, {
        get: (target, name) => {
          if (name === "chords") return undefined;
          if (name === "capabilities") return { ...backend.capabilities, chords: "unlock" };
          const value: unknown = Reflect.get(target, name, target);
          return typeof value === "function" ? (value.bind(target) as unknown) : value;
        },
      });
    },
  });
}

type Tasks = Awaited<ReturnType<typeof fleet>>;

async function fleet(options: Record<string, unknown> = {}) {
  const name = crypto.randomUUID();
  const app: App = createApp("test", {
    broker: `memory://${name}`,
    backend: `memory://${name}`,
    backends: createBackendRegistry(),
    ...options,
  });
  told.length = 0;
  const add = app.task("add", (x: number, y: number) => x + y);
  const list = app.task("list", (values: unknown) => values);
  const sum = app.task("sum", (values: readonly number[]) => values.reduce((a, b) => a + b, 0));
  const fail = app.task("fail", (message: string): number => {
    throw new TypeError(message);
  });
  const ignore = app.task("ignore", (): number => {
    throw new Ignore();
  });
  const onError = app.task("on_error", (id: string) => void told.push(id));
  const onErrorHere = app.task("on_error_here", (request: TaskRequest, error: Error, traceback: string) => {
    told.push([request.id, error.message, typeof traceback]);
  });
  const split = app.task({ name: "split", bind: true }, (self: TaskContext, n: number): Promise<number[]> =>
    self.replace(group(Array.from({ length: n }, (_, index) => add.s(index, 1)))),
  );
  const worker = new Worker(app, { concurrency: 4 });
  open.push(app, worker);
  await worker.start();
  return { app, worker, add, list, sum, fail, ignore, onError, onErrorHere, split };
}

interface Waited {
  readonly id: string;
  get(options: object): Promise<unknown>;
}

const reason = async (result: unknown): Promise<unknown> =>
  (result as Waited).get({ ...wait, propagate: false });

describe("a chord", () => {
  const cases: [
    string,
    (tasks: Tasks) => { delay(): Promise<{ get(options: object): Promise<unknown> } | null> },
    unknown,
  ][] = [
    ["of tasks", ({ add, list }) => chord([add.s(1, 1), add.s(2, 2)], list.s()), [2, 4]],
    [
      "with chains in it",
      ({ add, list }) => chord([chain(add.s(1, 1), add.s(10)), add.s(2, 2)], list.s()),
      [12, 4],
    ],
    [
      "with a chord in it",
      ({ add, sum, list }) => chord([chord([add.s(1, 1), add.s(2, 2)], sum.s()), add.s(5, 5)], list.s()),
      [6, 10],
    ],
    [
      "whose body is a group",
      ({ add, sum, list }) => chord([add.s(1, 1), add.s(2, 2)], group([sum.s(), list.s() as never])),
      [6, [2, 4]],
    ],
    [
      "in a chain",
      ({ add, sum }) => chain(add.s(1, 1), group([add.s(1), add.s(2)]), sum.s(), add.s(100)),
      107,
    ],
    [
      "with a member that is replaced by a group",
      ({ add, split, list }) => chord([split.s(3), add.s(5, 5)], list.s() as never),
      [[1, 2, 3], 10],
    ],
    ["without members", ({ list }) => chord([], list.s() as never), []],
  ];

  it.each(cases)("%s gives its body the values in order", async (_title, build, value) => {
    const result = await build(await fleet()).delay();
    expect(await result?.get(wait)).toEqual(value);
  });

  it.each(cases)("%s comes to its end where the backend cannot count", async (_title, build, value) => {
    const tasks = await fleet({ backends: unlockRegistry(), resultChordRetryInterval: 0.01 });
    const result = await build(tasks).delay();
    expect(await result?.get(wait)).toEqual(value);
  });

  it("goes on with a member that comes to terms with its soft time limit", async () => {
    const { app, add, list } = await fleet();
    const patient = app.task(
      { name: "patient", bind: true, softTimeLimit: 0.05 },
      ({ signal }: TaskContext) =>
        new Promise<number>((resolve) => signal.addEventListener("abort", () => resolve(0))),
    );
    const result = await chord([add.s(1, 2), patient.s()], list.s()).delay();
    expect(await result.get(wait)).toEqual([3, 0]);
  });

  it("is looked at as often as its sender says, where the backend cannot count", async () => {
    const { app, list } = await fleet({ backends: unlockRegistry() });
    let release = (): void => {};
    const held = app.task("held", () => new Promise<number>((resolve) => (release = () => resolve(1))));
    const result = await chord([held.s()], list.s()).applyAsync([], {
      countdown: 0.01,
      interval: 0.01,
      maxRetries: 2,
    });
    expect(await reason(result)).toMatchObject({
      code: "ERR_Q_CHORD",
      message: expect.stringContaining("after 2 looks") as string,
    });
    release();
  });

  it("fails with the member that failed, and calls error callbacks of both kinds", async () => {
    const { add, fail, list, onError, onErrorHere } = await fleet();
    const body = list
      .s()
      .onError(onError.s())
      .onError(onErrorHere.s() as never);
    const result = (await chord([add.s(1, 1), fail.s("no")], body as never).delay()) as Waited;
    const error = await reason(result);
    expect(error).toMatchObject({
      code: "ERR_Q_CHORD",
      message: expect.stringMatching(/^Dependency \S+ raised TypeError\('no'\)$/) as string,
    });
    await expect.poll(() => told.length).toBe(2);
    expect(told).toEqual(
      expect.arrayContaining([result.id, [result.id, (error as Error).message, "string"]]),
    );
  });

  it.each([
    [
      "a member that asks to be ignored",
      ({ ignore, add, list }: Tasks) => chord([ignore.s(), add.s(1, 1)], list.s()),
    ],
    [
      "an expired member",
      ({ add, list }: Tasks) => chord([add.s(1, 1).set({ expires: -1 }), add.s(1, 1)], list.s()),
    ],
    [
      "the first task of a chain in it",
      ({ fail, add, list }: Tasks) => chord([chain(fail.s("x"), add.s(1)), add.s(1, 1)], list.s()),
    ],
    [
      "a chord in it",
      ({ fail, add, sum, list }: Tasks) =>
        chord([chord([fail.s("x"), add.s(1, 1)], sum.s()), add.s(1, 1)], list.s()),
    ],
    [
      "a chain that ends in a chord",
      ({ fail, add, sum, list }: Tasks) =>
        chord([chain(fail.s("x"), group([add.s(1), add.s(2)]), sum.s()), add.s(1, 1)], list.s()),
    ],
    [
      "a task nobody knows",
      ({ app, add, list }: Tasks) => chord([app.signature("unknown") as never, add.s(1, 1)], list.s()),
    ],
  ])("fails with %s", async (_title, build) => {
    const result = await build(await fleet()).delay();
    expect(await reason(result)).toMatchObject({ code: "ERR_Q_CHORD" });
  });

  it("tells an error callback once of a failure in a chord inside, by the chord that was sent", async () => {
    const { fail, add, sum, list, onError } = await fleet();
    const inner = chord([fail.s("no"), add.s(1, 1)], sum.s());
    // As in Celery it then stands on the bodies of both.
    const result = await chord([inner, add.s(1, 1)], list.s())
      .onError(onError.s())
      .delay();
    await expect.poll(() => told).toContain(result.id);
    expect(told).toEqual([result.id]);
  });

  it("fails every member of a body that is a group, with the error of the member", async () => {
    const { fail, list, sum } = await fleet();
    const result = await chord([fail.s("no")], group([sum.s(), list.s() as never])).delay();
    const errors = await Promise.all(result.results.map((one) => reason(one)));
    expect(errors).toMatchObject([
      { excType: "TypeError", args: ["no"] },
      { excType: "TypeError", args: ["no"] },
    ]);
  });

  it("ends as failed when its deadline is over, and stays so", async () => {
    const { app, list } = await fleet({ resultChordDeadline: 0.05 });
    let release = (): void => {};
    const held = app.task("held", () => new Promise<number>((resolve) => (release = () => resolve(1))));
    const result = await chord([held.s()], list.s()).delay();
    const error = await reason(result);
    expect(error).toMatchObject({
      code: "ERR_Q_CHORD",
      message: expect.stringContaining("within 0.05 s") as string,
    });
    const ended = new Promise((resolve) => app.events.on("task:succeeded", resolve));
    release();
    await ended;
    expect(await reason(result)).toMatchObject({ code: "ERR_Q_CHORD" });
  });
});

it("a task may give back the result of a workflow that it has sent", async () => {
  const { app, add } = await fleet();
  const start = app.task("start", (x: number) => chain(add.s(x, 1), group(add.s(2), add.s(3))).delay());
  const tuple: unknown = await (await start.delay(1)).get(wait);
  expect(await app.resultFromTuple(tuple as never).get(wait)).toEqual([4, 5]);
});

describe("several callbacks", () => {
  it("are sent as a group of their own", async () => {
    const { app, add } = await fleet();
    const seen: (string | undefined)[] = [];
    app.task({ name: "see", bind: true }, ({ request }: TaskContext, value: number) => {
      seen.push(request.group);
      return [value, request.groupIndex];
    });
    const [one, two] = [crypto.randomUUID(), crypto.randomUUID()];
    const link = [one, two].map((taskId) => app.signature("see").set({ taskId }));
    await add.applyAsync([1, 1], { link });
    expect(await Promise.all([one, two].map((id) => app.AsyncResult(id).get(wait)))).toEqual([
      [2, 0],
      [2, 1],
    ]);
    expect(new Set(seen).size).toBe(1);
    expect(seen[0]).toBeTypeOf("string");
  });
});
