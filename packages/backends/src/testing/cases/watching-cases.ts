import assert from "node:assert/strict";
import type { BackendContractCase } from "../backend-harness.ts";
import { assertSame, failure, inTime, newId, result, Watching, Workbench } from "../workbench.ts";

/** Waiting for results. */
export const watchingCases: readonly BackendContractCase[] = [
  {
    title: "gives the present state to those who begin to wait later",
    run: async (open) => {
      await using bench = await Workbench.open(open);
      const id = newId();
      await bench.store(failure(id));
      await bench.arrived();
      const watching = new Watching(bench.reader, [id]);
      assertSame(await watching.next(), failure(id));
      await watching.stop();
    },
  },
  {
    title: "gives the result to those who began to wait before it came",
    run: async (open) => {
      await using bench = await Workbench.open(open);
      const id = newId();
      const watching = new Watching(bench.reader, [id]);
      const first = watching.begin();
      await bench.store(result(id));
      assertSame(await first, result(id));
      await watching.stop();
    },
  },
  {
    title: "tells of every change, in order and once",
    needs: ["push"],
    run: async (open) => {
      await using bench = await Workbench.open(open);
      const id = newId();
      const states = ["STARTED", "PROGRESS", "CUSTOM"].map((status) =>
        result(id, { status, dateDone: null }),
      );
      states.push(failure(id, { status: "RETRY", dateDone: null }), failure(id), result(id));
      const watching = new Watching(bench.reader, [id]);
      let next = watching.begin();
      for (const meta of states) {
        await bench.store(meta);
        assertSame(await next, meta);
        next = watching.begin();
      }
      await bench.arrived();
      watching.abort();
      assert.equal(await next, undefined);
    },
  },
  {
    title: "tells everybody who waits for the same task",
    run: async (open) => {
      await using bench = await Workbench.open(open);
      const id = newId();
      const watchings = Array.from({ length: 5 }, () => new Watching(bench.reader, [id]));
      const firsts = watchings.map((watching) => watching.begin());
      await watchings[0]?.stop();
      await bench.store(result(id));
      const seen = await Promise.all(firsts);
      assert.deepEqual(
        seen.slice(1).map((meta) => meta?.status),
        ["SUCCESS", "SUCCESS", "SUCCESS", "SUCCESS"],
      );
      for (const watching of watchings) await watching.stop();
    },
  },
  {
    title: "waits for many tasks in one iteration, some of which have ended",
    run: async (open) => {
      await using bench = await Workbench.open(open);
      const [a, b, c] = [newId(), newId(), newId()];
      await bench.store(result(a));
      await bench.arrived();
      const watching = new Watching(bench.reader, [a, b, c, a]);
      const seen = [(await watching.next()).taskId];
      await bench.store(result(c));
      seen.push((await watching.next()).taskId);
      await bench.store(failure(b));
      seen.push((await watching.next()).taskId);
      assert.deepEqual(seen, [a, c, b]);
      await watching.stop();
    },
  },
  {
    title: "does not tell of other tasks",
    run: async (open) => {
      await using bench = await Workbench.open(open);
      const id = newId();
      const watching = new Watching(bench.reader, [id]);
      const first = watching.begin();
      await bench.store(result(newId()), result(`${id}-other`));
      await bench.store(result(id));
      assert.equal((await first)?.taskId, id);
      await watching.stop();
    },
  },
  {
    title: "ends without an error when the signal aborts, also one that has aborted before",
    run: async (open) => {
      await using bench = await Workbench.open(open);
      const watching = new Watching(bench.reader, [newId()]);
      const first = watching.begin();
      watching.abort();
      assert.equal(await first, undefined);
      const late = new Watching(bench.reader, [newId()]);
      late.abort();
      assert.equal(await late.step(), undefined);
    },
  },
  {
    title: "waits again for a task after the waiting for it had ended",
    run: async (open) => {
      await using bench = await Workbench.open(open);
      const id = newId();
      for (const status of ["STARTED", "PROGRESS", "SUCCESS"]) {
        const watching = new Watching(bench.reader, [id]);
        let next = watching.begin();
        await bench.store(result(id, { status }));
        while ((await next)?.status !== status) next = watching.begin();
        await watching.stop();
      }
    },
  },
  {
    title: "waits for 1000 tasks at once, each by itself",
    run: async (open) => {
      await using bench = await Workbench.open(open);
      const metas = Array.from({ length: 1000 }, (_, n) => result(newId(), { result: n }));
      const watchings = metas.map(({ taskId }) => new Watching(bench.reader, [taskId]));
      const firsts = watchings.map((watching) => watching.begin());
      await bench.store(...metas);
      const seen = await Promise.all(firsts);
      assert.deepEqual(
        seen.map((meta) => meta?.result),
        metas.map((meta) => meta.result),
      );
      await Promise.all(watchings.map((watching) => watching.stop()));
    },
  },
  {
    title: "ends the waiting with an error when the backend is closed, which may be closed twice",
    run: async (open) => {
      await using bench = await Workbench.open(open);
      const closing = await bench.connect();
      await closing.prepare();
      const first = new Watching(closing, [newId()]).begin();
      const ended = assert.rejects(first, { code: "ERR_Q_CLOSED" });
      await inTime(closing[Symbol.asyncDispose](), "the end of a backend");
      await ended;
      await closing[Symbol.asyncDispose]();
    },
  },
];
