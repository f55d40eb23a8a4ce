import { randomUUID } from "node:crypto";
import { FakeClock } from "@q/kernel/testing";
import { describe, expect, it } from "vitest";
import { type BackendHarness, backendContext, backendContract, unmetBackendNeeds } from "../testing/index.ts";
import { createMemoryBackend } from "./index.ts";
import { memoryStoreNamed } from "./memory-store.ts";

const capabilities = (await createMemoryBackend(backendContext("memory://capabilities"))).capabilities;

async function open(): Promise<BackendHarness> {
  const name = randomUUID();
  const clock = new FakeClock();
  return {
    capabilities,
    connect: async ({ expiresSeconds = 60 } = {}) =>
      createMemoryBackend(backendContext(`memory://${name}`, { clock, expiresSeconds })),
    passTime: (ms) => clock.advance(ms),
    injectRaw: async (id, body) =>
      memoryStoreNamed(`${name}/`).put({ id, body, isSuccess: false, ttlMs: undefined }, clock),
    [Symbol.asyncDispose]: async () => {},
  };
}

describe("memory backend", () => {
  const abilities = { capabilities, passTime: async () => {}, injectRaw: async () => {} };
  for (const { title, needs, run } of backendContract) {
    it.skipIf(unmetBackendNeeds(needs, abilities).length > 0)(`contract: ${title}`, () => run(open));
  }

  it("gives apps that name the same URL the same results, and others none", async () => {
    const name = randomUUID();
    const [one, same, other] = await Promise.all(
      [`memory://${name}`, `cache+memory://${name}`, "memory://another"].map((url) =>
        createMemoryBackend(backendContext(url)),
      ),
    );
    await one?.store({
      taskId: "t",
      status: "SUCCESS",
      result: 1,
      traceback: null,
      children: null,
      dateDone: null,
    });
    expect((await same?.get(["t"]))?.[0]?.result).toBe(1);
    expect(await other?.get(["t"])).toEqual([undefined]);
  });

  it("holds no expired results once new ones come", async () => {
    const clock = new FakeClock();
    const store = memoryStoreNamed(randomUUID());
    const put = (id: string): void =>
      store.put({ id, body: Buffer.from("x"), isSuccess: true, ttlMs: 1000 }, clock);
    for (let n = 0; n < 100; n++) put(`old-${n}`);
    await clock.advance(1000);
    put("new");
    expect(store.removeExpired(Infinity)).toBe(1);
  });
});
