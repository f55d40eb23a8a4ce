import assert from "node:assert/strict";
import type { ResultMeta } from "../../contracts.ts";
import type { BackendContractCase } from "../backend-harness.ts";
import { assertSame, failure, newId, result, Workbench } from "../workbench.ts";

function roundTrip(title: string, make: (id: string) => ResultMeta): BackendContractCase {
  return {
    title,
    run: async (open) => {
      await using bench = await Workbench.open(open);
      const meta = make(newId());
      await bench.store(meta);
      assertSame(await bench.read(meta.taskId), meta);
    },
  };
}

/** What is stored is read. */
export const storingCases: readonly BackendContractCase[] = [
  roundTrip("gives a stored value back", (id) =>
    result(id, { result: { sum: [1, -2.5, null, true, "ü😀"] } }),
  ),
  roundTrip("gives a result of null back", (id) => result(id, { result: null })),
  roundTrip("gives an error back, with its traceback", (id) => failure(id)),
  roundTrip("gives an error back whose arguments are one text", (id) =>
    failure(id, { error: { excType: "Outer.Inner", excModule: "proj.tasks", excMessage: "boom" } }),
  ),
  roundTrip("gives a custom state with its data back", (id) =>
    result(id, { status: "PROGRESS", result: { current: 3, total: 9 }, dateDone: null, children: null }),
  ),
  roundTrip("keeps the children with their own children and parents", (id) =>
    result(id, { children: [[["child", [["parent", null], null]], [[["grandchild", null], null]]]] }),
  ),
  roundTrip("keeps the group and the parent", (id) =>
    result(id, { groupId: "group-1", parentId: "parent-1" }),
  ),
  roundTrip("keeps the extended fields and the stamps", (id) =>
    failure(id, {
      extended: {
        name: "proj.add",
        args: [1, { two: 2 }],
        kwargs: { k: "v" },
        worker: "w1@host",
        retries: 2,
        queue: "celery",
        stamps: { monitoring: ["a"], header: "b" },
      },
    }),
  ),
  roundTrip("keeps dates, bytes and large integers", (id) =>
    result(id, {
      result: { at: new Date(1_900_000_000_000), bytes: Buffer.from([0, 255, 10]), large: 2n ** 70n },
    }),
  ),
  {
    title: "does not let a value reach a prototype",
    run: async (open) => {
      await using bench = await Workbench.open(open);
      const id = newId();
      await bench.store(result(id, { result: JSON.parse('{"__proto__": {"polluted": true}}') as unknown }));
      const read = (await bench.read(id))?.result as Record<string, unknown>;
      assert.equal(read["polluted"], undefined);
      assert.equal(({} as Record<string, unknown>)["polluted"], undefined);
    },
  },
  {
    title: "knows nothing of an unknown task",
    run: async (open) => {
      await using bench = await Workbench.open(open);
      assert.deepEqual(await bench.reader.get([newId()]), [undefined]);
      assert.deepEqual(await bench.reader.get([]), []);
    },
  },
  {
    title: "answers in the order of the ids, with gaps for unknown ones",
    run: async (open) => {
      await using bench = await Workbench.open(open);
      const [a, b, c] = [newId(), newId(), newId()];
      await bench.store(result(a, { result: "a" }), result(c, { result: "c" }));
      await bench.arrived();
      const read = await bench.reader.get([c, b, a, c]);
      assert.deepEqual(
        read.map((meta) => meta?.result),
        ["c", undefined, "a", "c"],
      );
    },
  },
  {
    title: "stores and reads 1000 results at once",
    run: async (open) => {
      await using bench = await Workbench.open(open);
      const metas = Array.from({ length: 1000 }, (_, n) => result(newId(), { result: n }));
      await bench.store(...metas);
      await bench.arrived();
      const read = await bench.reader.get(metas.map(({ taskId }) => taskId));
      assert.deepEqual(
        read.map((meta) => meta?.result),
        metas.map((meta) => meta.result),
      );
    },
  },
  {
    title: "refuses a value without a form, and stores nothing",
    run: async (open) => {
      await using bench = await Workbench.open(open);
      const id = newId();
      const cycle: unknown[] = [];
      cycle.push(cycle);
      await assert.rejects(bench.store(result(id, { result: cycle })), { code: "ERR_Q_ENCODE" });
      assert.equal(await bench.read(id), undefined);
    },
  },
  {
    title: "shows what one client has stored to any other, any number of times",
    needs: ["shared"],
    run: async (open) => {
      await using bench = await Workbench.open(open);
      const id = newId();
      await bench.store(result(id));
      const other = await bench.connect();
      for (const backend of [bench.reader, other, bench.reader])
        assertSame((await backend.get([id]))[0], result(id));
    },
  },
];
