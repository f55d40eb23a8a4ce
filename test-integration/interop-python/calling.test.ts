import { chain, chord } from "@q/core";
import { describe, expect, it } from "vitest";
import { type Direction, directions, type Fleet, queueOf, withFleet } from "./fleet.ts";

interface Seen {
  readonly [name: string]: unknown;
  readonly headers: Readonly<Record<string, unknown>> | null;
  readonly delivery_info: {
    readonly exchange: string;
    readonly routing_key: string;
    readonly priority: number;
  };
}

/** What the task saw of its own call. */
const requestOf = async (
  fleet: Fleet,
  direction: Direction,
  options: Record<string, unknown> = {},
): Promise<Seen> => (await fleet.across(direction).call("request", [1], options)) as Seen;

withFleet("calling", {}, (fleet) => {
  describe.each(directions)("from a $client client to a $worker worker", (direction) => {
    it("does not run a task before its countdown is over", async () => {
      const sentAt = Date.now();
      const ranAt = (await fleet().across(direction).call("now", [], { countdown: 0.4 })) as number;
      expect(ranAt - sentAt).toBeGreaterThanOrEqual(400);
    });

    it.each([
      ["UTC", (at: Date) => at.toISOString()],
      [
        "another zone",
        (at: Date) => `${new Date(at.getTime() + 19_800_000).toISOString().slice(0, -1)}+05:30`,
      ],
    ])("does not run a task before its eta in %s", async (_zone, text) => {
      const eta = new Date(Date.now() + 400);
      const ranAt = (await fleet()
        .across(direction)
        .call("now", [], { eta: text(eta) })) as number;
      expect(ranAt).toBeGreaterThanOrEqual(eta.getTime());
    });

    it("runs tasks in the order of their etas", async () => {
      const now = Date.now();
      const ids = await Promise.all(
        [1500, 500, 1000].map((delayMs) => {
          const eta = new Date(now + delayMs).toISOString();
          return fleet().across(direction).send("now", [], { eta });
        }),
      );
      const ends: number[] = [];
      for (const id of ids) ends.push((await fleet().across(direction).result(id)).value as number);
      const [last = 0, first = 0, middle = 0] = ends;
      expect([first, middle, last]).toEqual(ends.toSorted((a, b) => a - b));
    });

    it("revokes a task that has expired before it began", async () => {
      const id = await fleet().across(direction).send("add", [1, 2], { expires: -1 });
      expect(await fleet().across(direction).result(id)).toMatchObject({
        state: "REVOKED",
        error: { type: "TaskRevokedError", args: ["expired"] },
      });
    });

    it("revokes a task that expires while it waits for its eta", async () => {
      const id = await fleet().across(direction).send("add", [1, 2], { countdown: 0.5, expires: 0.2 });
      expect(await fleet().across(direction).result(id)).toMatchObject({ state: "REVOKED" });
    });

    it("runs a task that has not expired", async () => {
      expect(await fleet().across(direction).call("add", [1, 2], { expires: 60 })).toBe(3);
    });

    it("keeps the caller's id, and tells root, parent, origin and reply address", async () => {
      const id = `own-${direction.client}-${Date.now()}`;
      const seen = await requestOf(fleet(), direction, { task_id: id });
      expect(seen).toMatchObject({ id, root_id: id, parent_id: null, correlation_id: id, retries: 0 });
      expect(seen["origin"]).toMatch(/^gen\d+@./);
      expect(seen["reply_to"]).toEqual(expect.stringMatching(/^[0-9a-f-]{36}$/));
      expect(seen["args"]).toEqual([1]);
    });

    it("tells where the message came from", async () => {
      const { delivery_info: info } = await requestOf(fleet(), direction, { priority: 5 });
      expect(info).toMatchObject({ exchange: "", routing_key: queueOf[direction.worker], priority: 5 });
    });

    it("carries time limits, hard and soft", async () => {
      const seen = await requestOf(fleet(), direction, { time_limit: 30, soft_time_limit: 20.5 });
      expect(seen["timelimit"]).toEqual([30, 20.5]);
    });

    it("carries custom headers", async () => {
      const headers = { "x-custom": "v\u00e9", n: 1, nested: { list: [1, "two", true] }, nothing: null };
      const seen = await requestOf(fleet(), direction, { headers });
      expect(seen.headers).toMatchObject(headers);
    });

    it("carries the name to show instead of the task's own", async () => {
      const seen = await requestOf(fleet(), direction, { shadow: "shown.name" });
      expect(seen["shadow"] ?? seen.headers?.["shadow"]).toBe("shown.name");
    });

    it("carries argsrepr as it is given", async () => {
      const seen = await requestOf(fleet(), direction, { argsrepr: "(<hidden>)", kwargsrepr: "{<hidden>}" });
      expect(seen["argsrepr"]).toBe("(<hidden>)");
      expect(seen["kwargsrepr"]).toBe("{<hidden>}");
    });

    it("runs links after success, with the result in front of their arguments", async () => {
      const queue = queueOf[direction.client];
      const [first, second] = [`linked-a-${Math.random()}`, `linked-b-${Math.random()}`];
      const link = [
        signature("interop.add", [10], { queue, task_id: first }),
        signature("interop.request", [], { queue: queueOf[direction.worker], task_id: second }),
      ];
      const id = await fleet().across(direction).send("add", [1, 2], { link });
      expect((await fleet().across(direction).result(first)).value).toBe(13);
      expect((await fleet().across(direction).result(second)).value).toMatchObject({
        args: [3],
        parent_id: id,
        root_id: id,
      });
    });

    it("runs error links after a failure, with the id of the failed task", async () => {
      const [here, there] = [`error-a-${Math.random()}`, `error-b-${Math.random()}`];
      const linkError = [
        signature("interop.on_error", [], { queue: queueOf[direction.client], task_id: here }),
        signature("interop.on_error", [], { queue: queueOf[direction.worker], task_id: there }),
      ];
      const id = await fleet().across(direction).send("fail", ["InteropError"], { link_error: linkError });
      expect((await fleet().across(direction).result(here)).value).toBe(id);
      expect((await fleet().across(direction).result(there)).value).toBe(id);
    });

    it("keeps links, headers and lineage over a retry", async () => {
      const linked = `after-retry-${Math.random()}`;
      const link = [
        signature("interop.request", ["mine"], { queue: queueOf[direction.client], task_id: linked }),
      ];
      const id = await fleet()
        .across(direction)
        .send("retry_n_times", [2, 0.02], {
          link,
          headers: { "x-kept": "yes" },
        });
      expect(await fleet().across(direction).result(id)).toMatchObject({ state: "SUCCESS", value: 2 });
      const after = await fleet().across(direction).result(linked);
      expect(after.value).toMatchObject({ args: [2, "mine"], parent_id: id, root_id: id });
    });
  });

  describe("a chain built in Python", () => {
    const code = `
steps = [tasks.add.s(1, 2).set(queue=args[0]), tasks.mul.s(10).set(queue=args[1]), tasks.add.s(5).set(queue=args[2]),
         tasks.request.s().set(queue=args[3])]
result = celery.chain(*steps)()
value = result.get(timeout=30)
return {"value": value, "parents": [result.parent.id, result.parent.parent.id, result.parent.parent.parent.id],
        "parent": result.parent.get(timeout=30)}
`;
    const { Q, Python } = queueOf;
    it.each([
      [Q, Python, Q, Python],
      [Python, Q, Python, Q],
      [Q, Q, Q, Q],
    ])("runs on %s, %s, %s and %s", async (...queues) => {
      const { value, parents, parent } = await fleet().python.run<{
        value: Seen;
        parents: string[];
        parent: number;
      }>(code, queues);
      expect(parent).toBe(35);
      expect(value).toMatchObject({ args: [35], root_id: parents[2], parent_id: parents[0] });
    });

    it.each([
      [Q, Python],
      [Python, Q],
    ])("fails as a whole where a task fails on %s, and tells its error links on %s", async (...queues) => {
      const failing = `
errback = tasks.on_error.s().set(queue=args["queues"][1], task_id=args["id"])
steps = [tasks.fail.si("InteropError", "stop"), tasks.add.s(1), tasks.add.s(2)]
result = celery.chain(*[step.set(queue=args["queues"][0]) for step in steps]).apply_async(link_error=errback)
told = app.AsyncResult(args["id"]).get(timeout=30)
results = [result.parent.parent, result.parent, result]
return [told == results[0].id, [str(one.get(timeout=30, propagate=False)) for one in results], [one.state for one in results]]
`;
      const id = `chain-error-${Math.random()}`;
      const answer = await fleet().python.run(failing, { queues, id });
      expect(answer).toEqual([true, ["stop", "stop", "stop"], ["FAILURE", "FAILURE", "FAILURE"]]);
    });
  });

  it("honours in Python what Q revokes", async () => {
    const direction = { client: "Q", worker: "Python" } as const;
    const id = await fleet().across(direction).send("add", [1, 2], { countdown: 3 });
    await fleet().pythonWorker.waitFor(new RegExp(`${id}\\] received`));
    await fleet().app.AsyncResult(id).revoke();
    expect(await fleet().across(direction).result(id)).toMatchObject({
      state: "REVOKED",
      error: { type: "TaskRevokedError", args: ["revoked"] },
    });
  });
});

withFleet("protocol 1", { settings: { task_protocol: 1 } }, (fleet) => {
  describe.each(directions)("from $client to $worker", (direction) => {
    it("runs tasks, with keyword arguments, countdown and expiry", async () => {
      expect(
        await fleet()
          .across(direction)
          .call("add", [2], { kwargs: { y: 3 } }),
      ).toBe(5);
      const sentAt = Date.now();
      const ranAt = (await fleet()
        .across(direction)
        .call("now", [], { countdown: 0.3, expires: 60 })) as number;
      expect(ranAt - sentAt).toBeGreaterThanOrEqual(300);
      const late = await fleet().across(direction).send("add", [1, 2], { expires: -1 });
      expect(await fleet().across(direction).result(late)).toMatchObject({ state: "REVOKED" });
    });

    it("runs links and retries", async () => {
      const linked = `linked-${Math.random()}`;
      const link = [signature("interop.add", [10], { queue: queueOf[direction.worker], task_id: linked })];
      const id = await fleet().across(direction).send("retry_n_times", [1, 0.02], { link });
      expect(await fleet().across(direction).result(id)).toMatchObject({ value: 1 });
      expect((await fleet().across(direction).result(linked)).value).toBe(11);
    });

    it("answers unknown tasks and failures", async () => {
      const unknown = await fleet().across(direction).send("no_such_task");
      expect(await fleet().across(direction).result(unknown)).toMatchObject({
        error: { type: expect.stringMatching(/^NotRegistered(Error)?$/) as string },
      });
      const failing = await fleet().across(direction).send("fail", ["InteropError", "a"]);
      expect(await fleet().across(direction).result(failing)).toMatchObject({
        error: { type: "InteropError", args: ["a"] },
      });
    });
  });

  it("runs chains and chords of Q's clients", async () => {
    const { app } = fleet();
    const queue = queueOf.Python;
    const add = (...args: number[]) => app.signature("interop.add", args, { queue });
    expect(await (await app.send(chain(add(1, 2), add(3), add(4)))).get({ timeout: 20 })).toBe(10);
    const total = app.signature("interop.xsum", [], { queue });
    expect(await (await app.send(chord([add(1, 2), add(3, 4)], total))).get({ timeout: 20 })).toBe(10);
  });
});

withFleet(
  "times in another zone",
  { settings: { timezone: "America/New_York", enable_utc: false } },
  (fleet) => {
    it.each(directions)("from a $client client to a $worker worker", async (direction) => {
      const sentAt = Date.now();
      const ranAt = (await fleet()
        .across(direction)
        .call("now", [], { countdown: 0.3, expires: 30 })) as number;
      expect(ranAt - sentAt).toBeGreaterThanOrEqual(300);
      expect(ranAt - sentAt).toBeLessThan(10_000);
      const late = await fleet().across(direction).send("add", [1, 2], { expires: -1 });
      expect(await fleet().across(direction).result(late)).toMatchObject({ state: "REVOKED" });
      const id = await fleet().across(direction).send("add", [1, 2]);
      await fleet().across(direction).result(id);
      const done = await fleet().python.run<number>(
        "return app.AsyncResult(args).date_done.timestamp() * 1000",
        id,
      );
      expect(Math.abs(done - Date.now())).toBeLessThan(10_000);
      expect((await fleet().app.AsyncResult(id).dateDone())?.getTime()).toBeCloseTo(done, -1);
    });
  },
);

function signature(task: string, args: unknown[], options: Record<string, unknown>): object {
  return { task, args, kwargs: {}, options, subtask_type: null, immutable: false };
}
