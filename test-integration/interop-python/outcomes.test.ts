import { describe, expect, it } from "vitest";
import { RemoteTaskError } from "@q/core";
import { waitUntil } from "../harness/index.ts";
import { type Direction, directions, type Fleet, withFleet } from "./fleet.ts";
import { InteropError } from "./tasks.ts";

const settings = { task_track_started: true, result_extended: true };

interface Seen {
  readonly state: string;
  readonly info: unknown;
}

/** Every state of a task that the backend publishes, as a Python client sees it. */
const statesSeenByPython = `
seen = []
result = app.send_task(args["task"], args["args"], queue=args["queue"])
result.get(timeout=30, on_message=lambda meta: seen.append([meta["status"], meta["result"]]))
return [[state, repr(data) if isinstance(data, Exception) else data] for state, data in seen]
`;

/** The states of a task on its way, with their data, as the client of the direction sees them. */
async function statesOf(
  fleet: Fleet,
  direction: Direction,
  [task, ...args]: readonly [string, ...unknown[]],
): Promise<[string, unknown][]> {
  const queue = direction.worker === "Q" ? "for-q" : "for-python";
  if (direction.client === "Python") {
    return fleet.python.run(statesSeenByPython, { task: `interop.${task}`, args, queue });
  }
  const seen: [string, unknown][] = [];
  const result = await fleet.app.sendTask(`interop.${task}`, args, { queue });
  await result.get({ timeout: 30, onMessage: (meta) => seen.push([meta.status, meta.result]) });
  return seen;
}

withFleet("outcomes", { settings }, (fleet) => {
  describe.each(directions)("from a $client client to a $worker worker", (direction) => {
    const end = async (task: string, args: unknown[] = [], options: Record<string, unknown> = {}) =>
      fleet()
        .across(direction)
        .result(await fleet().across(direction).send(task, args, options));

    it.each([
      ["TypeError", ["not a number"]],
      ["SyntaxError", ["odd"]],
      ["InteropError", ["first", 2, { third: [null] }]],
    ])("tells class and arguments of %s", async (name, args) => {
      const { state, error, traceback } = await end("fail", [name, ...args]);
      expect({ state, error }).toEqual({ state: "FAILURE", error: { type: name, args } });
      expect(traceback).toContain(name);
    });

    it("makes an unserialisable result a failure with EncodeError", async () => {
      expect(await end("unserialisable")).toMatchObject({ state: "FAILURE", error: { type: "EncodeError" } });
    });

    it("answers the name of an unknown task with NotRegistered", async () => {
      const { state, error } = await end("no_such_task");
      expect(state).toBe("FAILURE");
      expect(error?.type).toMatch(/^NotRegistered(Error)?$/);
      expect(error?.args[0]).toContain("interop.no_such_task");
    });

    it.each(["retry_n_times", "autoretried"])(
      "runs %s again under its id until it succeeds",
      async (task) => {
        expect(await end(task, [2])).toMatchObject({ state: "SUCCESS", value: 2 });
      },
    );

    it("ends with the given error when no retry is left", async () => {
      const { state, error } = await end("retry_too_often");
      expect({ state, error }).toEqual({
        state: "FAILURE",
        error: { type: "InteropError", args: ["gave up"] },
      });
    });

    it("reports the states of a retried task in their order", async () => {
      const seen = await statesOf(fleet(), direction, ["retry_n_times", 1, 1]);
      // The first state may be over before the client listens.
      const states = seen.map(([state]) => state).filter((state, at) => at > 0 || state !== "STARTED");
      expect(states).toEqual(["RETRY", "STARTED", "SUCCESS"]);
    });

    it("reports custom states with their data", async () => {
      // The pause before each state: who waits for them has begun by then.
      const seen = await statesOf(fleet(), direction, ["progress", 2, 1]);
      expect(seen.filter(([state]) => state === "PROGRESS")).toEqual([
        ["PROGRESS", { current: 0, total: 2 }],
        ["PROGRESS", { current: 1, total: 2 }],
      ]);
      expect(seen.at(-1)).toEqual(["SUCCESS", 2]);
    });

    it("reports STARTED with process and node", async () => {
      const id = await fleet().across(direction).send("sleep_for", [2]);
      const read = async (): Promise<Seen> =>
        direction.client === "Python"
          ? fleet().python.state(id)
          : {
              state: await fleet().app.AsyncResult(id).state(),
              info: await fleet().app.AsyncResult(id).info(),
            };
      const started = { accept: ({ state, info: data }: Seen) => state === "STARTED" && Boolean(data) };
      const { info } = await waitUntil(read, started);
      expect(info).toEqual({ pid: expect.any(Number), hostname: expect.stringContaining("@") });
      await fleet().across(direction).result(id);
    });

    it("stores name, arguments, worker, retries and queue with result_extended", async () => {
      const id = await fleet()
        .across(direction)
        .send("retry_n_times", [1], { kwargs: { countdown: 0.01 } });
      await fleet().across(direction).result(id);
      const seen = await extendedMeta(fleet(), direction, id);
      expect(seen).toEqual({
        name: "interop.retry_n_times",
        args: [1],
        kwargs: { countdown: 0.01 },
        worker: expect.stringContaining("@"),
        retries: 1,
        queue: direction.worker === "Q" ? "for-q" : "for-python",
      });
    });

    it("lists the tasks that it sent as its children", async () => {
      const id = await fleet().across(direction).send("calls", ["interop.never_runs", []]);
      const { value: child } = await fleet().across(direction).result(id);
      const code = "return [child.id for child in app.AsyncResult(args).children]";
      const children =
        direction.client === "Python"
          ? await fleet().python.run(code, id)
          : (await fleet().app.AsyncResult(id).children()).map((result) => result.id);
      expect(children).toEqual([child]);
    });

    it("stores nothing when the result is ignored", async () => {
      const silent = await fleet().across(direction).send("add", [1, 2], { ignore_result: true });
      const failing = await fleet().across(direction).send("fail", ["InteropError"], { ignore_result: true });
      const loud = await fleet().across(direction).send("add", [3, 4]);
      await fleet().across(direction).result(loud);
      const states = await Promise.all([silent, failing].map((id) => fleet().python.state(id)));
      expect(states.map(({ state }) => state)).toEqual(["PENDING", "PENDING"]);
    });

    it.each(["ignore", "reject"])("stores no end of a task that asks for %s", async (task) => {
      const id = await fleet().across(direction).send(task);
      await fleet().across(direction).call("add", [3, 4]);
      // The state it had before is that of the beginning.
      expect((await fleet().python.state(id)).state).toBe("STARTED");
    });
  });

  it("shows Python our own classes as classes of their name, and builtins as themselves", async () => {
    const code = `
def caught(*arguments):
    try:
        app.send_task("interop.fail", arguments, queue="for-q").get(timeout=30)
    except Exception as error:
        return [type(error).__name__, type(error).__module__, isinstance(error, TypeError), list(error.args)]
return [caught("TypeError", "a"), caught("OnlyHereError", "b"), caught("RangeError", "c")]
`;
    const [builtin, own, range] = await fleet().python.run<unknown[][]>(code);
    expect(builtin).toEqual(["TypeError", "builtins", true, ["a"]]);
    expect([own?.[0], own?.[3]]).toEqual(["OnlyHereError", ["b"]]);
    expect([range?.[0], range?.[3]]).toEqual(["RangeError", ["c"]]);
  });

  it("shows us Python's errors as RemoteTaskError, with class, module, arguments and traceback", async () => {
    const result = await fleet().app.sendTask("interop.fail", ["ValueError", "boom", 42], {
      queue: "for-python",
    });
    const error = await result.get({ timeout: 30 }).then(
      () => expect.unreachable("it failed"),
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(RemoteTaskError);
    expect(error).toMatchObject({ excType: "ValueError", excModule: "builtins", args: ["boom", 42] });
    expect((error as RemoteTaskError).message).toContain("boom");
    expect((error as RemoteTaskError).traceback).toContain("Traceback (most recent call last)");
    const cause = await fleet().app.sendTask("interop.fail_with_cause", [], { queue: "for-python" });
    await expect(cause.get({ timeout: 30 })).rejects.toBeInstanceOf(InteropError);
    expect(await cause.traceback()).toContain("ZeroDivisionError");
  });

  it("rebuilds registered classes from Python's arguments", async () => {
    const result = await fleet().app.sendTask("interop.fail", ["InteropError", "a", [1]], {
      queue: "for-python",
    });
    const error: unknown = await result.get({ timeout: 30, propagate: false });
    expect(error).toBeInstanceOf(InteropError);
    expect((error as InteropError).args).toEqual(["a", [1]]);
  });

  it("shows us nested Python classes by their qualified name", async () => {
    const result = await fleet().app.sendTask("interop.fail", ["NestedError", "x"], { queue: "for-python" });
    const error: unknown = await result.get({ timeout: 30, propagate: false });
    expect(error).toMatchObject({ excType: "Outer.NestedError", excModule: "tasks", args: ["x"] });
  });
});

interface Extended {
  readonly name: unknown;
  readonly args: unknown;
  readonly kwargs: unknown;
  readonly worker: unknown;
  readonly retries: unknown;
  readonly queue: unknown;
}

async function extendedMeta(fleet: Fleet, { client }: Direction, id: string): Promise<Extended | undefined> {
  if (client === "Q") {
    const { extended } = (await fleet.app.AsyncResult(id).meta()) ?? {};
    if (extended === undefined) return undefined;
    const { name, args, kwargs, worker, retries, queue } = extended;
    return { name, args, kwargs, worker, retries, queue };
  }
  const code =
    "r = app.AsyncResult(args); return {n: getattr(r, n) for n in 'name args kwargs worker retries queue'.split()}";
  return fleet.python.run<Extended>(code, id);
}
