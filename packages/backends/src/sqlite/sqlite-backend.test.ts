import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FakeClock } from "@q/kernel/testing";
import { openDatabase } from "@q/messaging/internal/sqlite";
import { describe, expect, it } from "vitest";
import type { BackendCapabilities } from "../contracts.ts";
import { type BackendHarness, backendContext, backendContract, unmetBackendNeeds } from "../testing/index.ts";
import { createSqliteBackend } from "./index.ts";

const capabilities: BackendCapabilities = {
  persistent: true,
  push: true,
  autoExpire: false,
  shared: true,
  chords: "native",
};

async function open(): Promise<BackendHarness & { readonly file: string }> {
  const folder = mkdtempSync(join(tmpdir(), "q-results-"));
  const file = join(folder, "results.db");
  const clock = new FakeClock(1_000_000);
  return {
    file,
    capabilities,
    connect: async ({ expiresSeconds = 60 } = {}) =>
      createSqliteBackend(backendContext(`sqlite:///${file}`, { clock, expiresSeconds })),
    passTime: (ms) => clock.advance(ms),
    injectRaw: async (id, body) => {
      await using use = await openDatabase(file);
      const sql = "INSERT INTO result (task_id, is_success, expires_at, body) VALUES (?, 0, NULL, ?)";
      await use.database.write(() => use.database.prepare(sql).run(id, body));
    },
    [Symbol.asyncDispose]: async () => rmSync(folder, { recursive: true, force: true }),
  };
}

describe("SQLite backend", () => {
  const abilities = { capabilities, passTime: async () => {}, injectRaw: async () => {} };
  for (const { title, needs, run } of backendContract) {
    it.skipIf(unmetBackendNeeds(needs, abilities).length > 0)(`contract: ${title}`, () => run(open));
  }

  it("says what it can do", async () => {
    await using harness = await open();
    await using backend = await harness.connect();
    expect(backend.capabilities).toEqual(capabilities);
    expect(backend.asUri()).toBe(`sqlite:///${harness.file}`);
  });

  it("keeps results when every process has closed the file", async () => {
    await using harness = await open();
    const id = randomUUID();
    const first = await harness.connect();
    await first.store({
      taskId: id,
      status: "SUCCESS",
      result: 7,
      traceback: null,
      children: [],
      dateDone: null,
    });
    await first[Symbol.asyncDispose]();
    await using second = await harness.connect();
    expect((await second.get([id]))[0]?.result).toBe(7);
  });

  it("goes on with a new file when the old one was removed, also for those who wait", async () => {
    await using harness = await open();
    await using backend = await harness.connect();
    const stop = new AbortController();
    const watching = backend.watch(["t"], stop.signal)[Symbol.asyncIterator]();
    const next = watching.next();
    await backend.get(["t"]);
    await using use = await openDatabase(harness.file);
    rmSync(harness.file);
    use.database.checkFile();
    await use.database.broken;
    await using other = await harness.connect();
    const meta = { taskId: "t", status: "SUCCESS", result: 7, traceback: null, children: [], dateDone: null };
    await other.store(meta);
    expect((await next).value).toMatchObject(meta);
    expect((await backend.get(["t"]))[0]).toMatchObject(meta);
    stop.abort();
    await watching.return?.();
  });

  it("tells those who wait for many tasks of each result, also when they wait one after the other", async () => {
    await using harness = await open();
    await using backend = await harness.connect();
    await using other = await harness.connect();
    const ids = Array.from({ length: 50 }, () => randomUUID());
    const resultOf = async (id: string): Promise<unknown> => {
      const stop = new AbortController();
      for await (const { result } of backend.watch([id], stop.signal)) {
        stop.abort();
        return result;
      }
      return undefined;
    };
    const store = (id: string): Promise<void> =>
      other.store({
        taskId: id,
        status: "SUCCESS",
        result: id,
        traceback: null,
        children: [],
        dateDone: null,
      });
    const waiting = ids.map(resultOf);
    for (const id of ids) await store(id);
    expect(await Promise.all(waiting)).toEqual(ids);
    const late = randomUUID();
    const last = resultOf(late);
    await store(late);
    expect(await last).toBe(late);
  });

  it("says at once when the file cannot be opened", async () => {
    await expect(createSqliteBackend(backendContext("sqlite:////dev/null/q.db"))).rejects.toMatchObject({
      code: "ERR_Q_CONNECTION",
    });
  });
});
