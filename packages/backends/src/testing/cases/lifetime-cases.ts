import assert from "node:assert/strict";
import type { BackendContractCase } from "../backend-harness.ts";
import { assertSame, failure, newId, result, Watching, Workbench } from "../workbench.ts";

/** What replaces what, and what ends a result. */
export const lifetimeCases: readonly BackendContractCase[] = [
  {
    title: "replaces states until one is a success",
    run: async (open) => {
      await using bench = await Workbench.open(open);
      const id = newId();
      const states = [
        result(id, { status: "STARTED", result: { pid: 1, hostname: "w1" }, dateDone: null }),
        failure(id, { status: "RETRY", dateDone: null }),
        failure(id),
        result(id, { result: "at last" }),
      ];
      for (const meta of states) {
        await bench.store(meta);
        assertSame(await bench.read(id), meta);
      }
    },
  },
  {
    title: "never overwrites a success",
    run: async (open) => {
      await using bench = await Workbench.open(open);
      const id = newId();
      await bench.store(result(id, { result: "first" }));
      await bench.store(failure(id));
      await bench.store(result(id, { status: "STARTED", dateDone: null }));
      await bench.store(result(id, { result: "second" }));
      assertSame(await bench.read(id), result(id, { result: "first" }));
    },
  },
  {
    title: "never overwrites a success with what is stored in the same moment",
    run: async (open) => {
      await using bench = await Workbench.open(open);
      const id = newId();
      await bench.store(result(id, { status: "STARTED", dateDone: null }), result(id), failure(id));
      assertSame(await bench.read(id), result(id));
    },
  },
  {
    title: "takes the word SUCCESS inside of a value for a value",
    run: async (open) => {
      await using bench = await Workbench.open(open);
      const id = newId();
      await bench.store(result(id, { status: "PROGRESS", result: { status: "SUCCESS" } }));
      await bench.store(result(id, { result: "end" }));
      assert.equal((await bench.read(id))?.result, "end");
    },
  },
  {
    title: "forgets results, and does not mind unknown ones",
    run: async (open) => {
      await using bench = await Workbench.open(open);
      const [a, b] = [newId(), newId()];
      await bench.store(result(a), result(b));
      await bench.arrived();
      await bench.reader.forget([a, newId()]);
      await bench.reader.forget([a]);
      assert.deepEqual(
        (await bench.reader.get([a, b])).map((meta) => meta?.status),
        [undefined, "SUCCESS"],
      );
    },
  },
  {
    title: "stores a result anew after it was forgotten",
    run: async (open) => {
      await using bench = await Workbench.open(open);
      const id = newId();
      await bench.store(result(id, { result: "old" }));
      await bench.arrived();
      await bench.reader.forget([id]);
      await bench.store(result(id, { result: "new" }));
      assert.equal((await bench.read(id))?.result, "new");
    },
  },
  {
    title: "lets results expire",
    needs: ["expiry"],
    run: async (open) => {
      await using bench = await Workbench.open(open, { expiresSeconds: 5 });
      const id = newId();
      await bench.store(result(id));
      assertSame(await bench.read(id), result(id));
      await bench.harness.passTime?.(5100);
      assert.deepEqual(await bench.reader.get([id]), [undefined]);
      await bench.store(failure(id));
      assert.equal((await bench.reader.get([id]))[0]?.status, "FAILURE");
    },
  },
  {
    title: "keeps results for ever when they do not expire",
    needs: ["expiry"],
    run: async (open) => {
      for (const expiresSeconds of [0, null]) {
        await using bench = await Workbench.open(open, { expiresSeconds });
        const id = newId();
        await bench.store(result(id));
        await bench.harness.passTime?.(1100);
        assertSame(await bench.read(id), result(id));
        assert.equal(await bench.reader.cleanup(), 0);
      }
    },
  },
  {
    title: "removes what has expired when asked to, and nothing else",
    needs: ["cleanup"],
    run: async (open) => {
      await using bench = await Workbench.open(open, { expiresSeconds: 5 });
      const id = newId();
      await bench.store(result(newId()), result(newId()));
      await bench.harness.passTime?.(5100);
      await bench.store(result(id));
      assert.equal(await bench.reader.cleanup(), 2);
      assertSame((await bench.reader.get([id]))[0], result(id));
    },
  },
  {
    title: "names the task when what is stored cannot be read",
    needs: ["injectRaw"],
    run: async (open) => {
      await using bench = await Workbench.open(open);
      const id = newId();
      await bench.harness.injectRaw?.(id, Buffer.from("{ no json"));
      const isAboutIt = (error: { code?: string; message: string; taskIds?: readonly string[] }): boolean =>
        error.code === "ERR_Q_BACKEND_GET" &&
        error.message.includes(id) &&
        error.message.includes("{ no json");
      await assert.rejects(bench.reader.get([id]), isAboutIt);
      const watching = new Watching(bench.reader, [id]);
      await assert.rejects(watching.next(), isAboutIt);
      await bench.store(result(id));
      assertSame(await bench.read(id), result(id));
    },
  },
];
