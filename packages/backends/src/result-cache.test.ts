import { randomUUID } from "node:crypto";
import { describe, expect, it } from "vitest";
import { createBackendRegistry } from "./backend-registry.ts";
import type { ResultBackend, ResultMeta } from "./contracts.ts";
import { createMemoryBackend } from "./memory/index.ts";
import { CachingBackend } from "./result-cache.ts";
import { type BackendHarness, backendContext, backendContract, unmetBackendNeeds } from "./testing/index.ts";

const meta = (taskId: string, status = "SUCCESS"): ResultMeta => ({
  taskId,
  status,
  result: taskId,
  traceback: null,
  children: [],
  dateDone: null,
});

/** A cache before a store whose content can be taken away behind its back. */
async function caching(max: number): Promise<{ cache: CachingBackend; store: ResultBackend }> {
  const url = `memory://${randomUUID()}`;
  const store = await createMemoryBackend(backendContext(url));
  return { store, cache: new CachingBackend(await createMemoryBackend(backendContext(url)), max) };
}

async function open(): Promise<BackendHarness> {
  const url = `memory://${randomUUID()}`;
  const connect = async (): Promise<ResultBackend> =>
    new CachingBackend(await createMemoryBackend(backendContext(url)), 10);
  const { capabilities } = await connect();
  return { capabilities, connect, [Symbol.asyncDispose]: async () => {} };
}

describe("result cache", () => {
  const capabilities = {
    persistent: false,
    push: true,
    autoExpire: true,
    shared: true,
    chords: "native",
  } as const;
  for (const { title, needs, run } of backendContract) {
    it.skipIf(unmetBackendNeeds(needs, { capabilities }).length > 0)(`contract: ${title}`, () => run(open));
  }

  it("remembers successes, the least recently used go first", async () => {
    const { cache, store } = await caching(2);
    for (const id of ["a", "b", "c"]) await store.store(meta(id));
    await cache.get(["a", "b"]);
    await cache.get(["a"]);
    await cache.get(["c"]);
    await store.forget(["a", "b", "c"]);
    const read = await cache.get(["a", "b", "c"]);
    expect(read.map((seen) => seen?.taskId)).toEqual(["a", undefined, "c"]);
  });

  it("asks anew for what may change", async () => {
    const { cache, store } = await caching(2);
    await store.store(meta("a", "FAILURE"));
    expect((await cache.get(["a"]))[0]?.status).toBe("FAILURE");
    await store.store(meta("a"));
    expect((await cache.get(["a"]))[0]?.status).toBe("SUCCESS");
  });

  it.each([
    { resultCacheMax: -1, isCached: false },
    { resultCacheMax: undefined, isCached: false },
    { resultCacheMax: 0, isCached: true },
    { resultCacheMax: 5, isCached: true },
  ])("is used when result_cache_max asks for it: $resultCacheMax", async ({ resultCacheMax, isCached }) => {
    const backend = await createBackendRegistry().create(
      backendContext("memory://", { settings: { resultCacheMax } }),
    );
    expect(backend instanceof CachingBackend).toBe(isCached);
  });
});
