import { describe, expect, it } from "vitest";
import { buildInPython as build } from "./build-in-python.ts";
import { queueOf, withFleet } from "./fleet.ts";

const { Q, Python } = queueOf;

const mixes = [
  { title: "on Q alone", queues: [Q] },
  { title: "on both in turn", queues: [Q, Python] },
  { title: "on both, the other way round", queues: [Python, Q] },
  { title: "on Q mostly", queues: [Q, Q, Python] },
];

withFleet("workflows built in Python", {}, (fleet) => {
  describe.each(mixes)("$title", ({ queues }) => {
    it("runs a chord with its values in the order of the header", async () => {
      const code = `
result = chord([on(identity.s(i)) for i in range(12)], on(identity.s()))()
return result.get(timeout=30)`;
      expect(await build(fleet(), code, queues)).toEqual(Array.from({ length: 12 }, (_, index) => index));
    });

    it.each([
      ["an immutable body", "chord([on(add.s(1, 1)), on(add.s(2, 2))], on(identity.si('none')))()", "none"],
      [
        "a body with arguments",
        "chord([on(add.s(1, 1))], on(tasks.echo.s('more')))()",
        { args: [[2], "more"], kwargs: {} },
      ],
      [
        "a chain as member",
        "chord([chain(on(add.s(1, 1)), on(add.s(10))), on(add.s(2, 2))], on(identity.s()))()",
        [12, 4],
      ],
      [
        "a chord as member",
        "chord([chord([on(add.s(1, 1)), on(add.s(2, 2))], on(xsum.s())), on(add.s(5, 5))], on(identity.s()))()",
        [6, 10],
      ],
      [
        "a group as member",
        "chord([group(on(add.s(1, 1)), on(add.s(2, 2))), on(add.s(5, 5))], on(xsum.s()))()",
        16,
      ],
      [
        "a chain as body",
        "chord([on(add.s(1, 1)), on(add.s(2, 2))], chain(on(xsum.s()), on(mul.s(10))))()",
        60,
      ],
      [
        "a chord between two tasks",
        "chain(on(add.s(1, 1)), group(on(add.s(1)), on(add.s(2))), on(xsum.s()), on(add.s(100)))()",
        107,
      ],
      ["a group at the end", "chain(on(add.s(1, 1)), group(on(add.s(1)), on(add.s(2))))()", [3, 4]],
      [
        "a group as body",
        "chord([on(add.s(1, 1)), on(add.s(2, 2))], group(on(xsum.s()), on(identity.s())))()",
        [6, [2, 4]],
      ],
      [
        "two chords in a row",
        "chain(group(on(add.s(1, 1)), on(add.s(2, 2))), group(on(xsum.s()), on(xsum.s())), on(xsum.s()))()",
        12,
      ],
      [
        "starmap and map",
        "chord([on(add.starmap([(1, 1), (2, 2)])), on(identity.map([7, 8]))], on(identity.s()))()",
        [
          [2, 4],
          [7, 8],
        ],
      ],
      [
        "chunks",
        "chord([on(t) for t in add.chunks([(i, i) for i in range(5)], 2).group().tasks], on(identity.s()))()",
        [[0, 2], [4, 6], [8]],
      ],
      [
        "a replaced step, with the rest of its chain behind it",
        "chain(on(add.s(1, 1)), on(tasks.add_replaced.s(5)), on(mul.s(10)))()",
        70,
      ],
      ["a replaced member", "chord([on(tasks.add_replaced.s(1, 1)), on(add.s(2, 2))], on(xsum.s()))()", 6],
      ["a member that adds members", "chord([on(tasks.joined.s([1, 2, 3], 4))], on(xsum.s()))()", 18],
      [
        "a retried member",
        "chord([on(tasks.retry_n_times.s(2, 0.02)), on(add.s(1, 1))], on(identity.s()))()",
        [2, 2],
      ],
      [
        "members without results",
        "chord([on(add.s(1, 1).set(ignore_result=True)), on(add.s(2, 2))], on(identity.s()))()",
        [2, 4],
      ],
    ])("runs %s", async (_title, expression, value) => {
      const code = `return (${expression}).get(timeout=30)`;
      expect(await build(fleet(), code, queues)).toEqual(value);
    });

    it("fails the body with the member that failed, and tells its error callback", async () => {
      const code = `
errback = on(tasks.on_error.s()).set(task_id=celery.uuid())
members = [on(add.s(1, 1)), on(fail.si("InteropError", "no")), on(add.s(2, 2))]
result = chord(members, on(xsum.s()).on_error(errback))()
error = result.get(timeout=30, propagate=False)
told = ended(errback.options["task_id"])
return [type(error).__module__, type(error).__name__, str(error), result.state, told == result.id, [r.id for r in result.parent.results]]`;
      const [module, name, text, state, isTold, ids] = await build<
        [string, string, string, string, boolean, string[]]
      >(fleet(), code, queues);
      expect([module, name, state, isTold]).toEqual(["celery.exceptions", "ChordError", "FAILURE", true]);
      expect(text).toBe(`Dependency ${ids[1]} raised InteropError('no')`);
    });
  });

  describe.each(mixes)("stamps, $title", ({ queues }) => {
    it("reach every task of a workflow, through retries and into the body", async () => {
      const code = `
sig = chord([on(tasks.request.s()), on(tasks.retry_n_times.s(1, 0.02))], on(tasks.request.s()))
sig.stamp(tenant="a")
# Without a visitor Celery leaves the body out.
sig.body.stamp(tenant="a")
seen = sig().get(timeout=30)
return [seen["stamps"], seen["args"][0][0]["stamps"]]`;
      expect(await build(fleet(), code, queues)).toEqual([{ tenant: "a" }, { tenant: "a" }]);
    });
  });

  // Python workers that run such a chain take the size of the group for that of the chord, and wait in vain.
  it("runs a chain that ends in a group as member, on Q alone", async () => {
    const code = `
members = [chain(on(add.s(1, 1)), group(on(add.s(1)), on(add.s(2)))), on(add.s(5, 5))]
return chord(members, on(identity.s()))().get(timeout=30)`;
    expect(await build(fleet(), code, [Q])).toEqual([[3, 4], 10]);
  });

  it.each([
    [
      "first in a chain",
      "chord([chain(on(fail.si('InteropError', 'x')), on(add.s(1))), on(add.s(2, 2))], on(xsum.s()))()",
    ],
    [
      "in a chord inside",
      "chord([chord([on(fail.si('InteropError', 'x'))], on(xsum.s())), on(add.s(2, 2))], on(xsum.s()))()",
    ],
    [
      "before a chord that ends a chain",
      "chord([chain(on(fail.si('InteropError', 'x')), group(on(add.s(1)), on(add.s(2))), on(xsum.s())), on(add.s(2, 2))], on(xsum.s()))()",
    ],
    [
      "and the body is a chain",
      "chord([on(fail.si('InteropError', 'x'))], chain(on(xsum.s()), on(add.s(1))))()",
    ],
    [
      "with a limit of time",
      "chord([on(tasks.sleep_for.s(5).set(time_limit=0.1)), on(add.s(2, 2))], on(xsum.s()))()",
    ],
    ["by being ignored", "chord([on(tasks.ignore.s()), on(add.s(2, 2))], on(xsum.s()))()"],
    ["by being rejected", "chord([on(tasks.reject.s()), on(add.s(2, 2))], on(xsum.s()))()"],
    ["by having expired", "chord([on(add.s(1, 1).set(expires=-1)), on(add.s(2, 2))], on(xsum.s()))()"],
  ])("fails a chord with a member that fails %s, on Q alone", async (_title, expression) => {
    const code = `
error = (${expression}).get(timeout=30, propagate=False)
return [type(error).__name__, str(error)]`;
    expect(await build(fleet(), code, [Q])).toEqual([
      "ChordError",
      expect.stringMatching(/^Dependency \S+ raised /),
    ]);
  });
});
