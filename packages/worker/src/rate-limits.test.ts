import { readFileSync } from "node:fs";
import { createApp } from "@q/core";
import { FakeClock } from "@q/kernel/testing";
import { describe, expect, it, onTestFinished } from "vitest";
import { RateLimits, tokensPerSecond } from "./rate-limits.ts";
import { Worker } from "./worker.ts";

const file = new URL("../../../test-integration/vectors/rate_limits.json", import.meta.url);
const { cases } = JSON.parse(readFileSync(file, "utf8")) as {
  cases: { in: unknown; out?: unknown; error?: [name: string, message: string] }[];
};

const special: Readonly<Record<string, number>> = { inf: Infinity, nan: NaN };
const wrong = cases.flatMap(({ in: rate, error }) =>
  error ? [[JSON.stringify(rate), { rate, error }] as const] : [],
);

it.each(
  cases.filter(({ error }) => error === undefined).map((one) => [JSON.stringify(one.in), one] as const),
)("reads a rate as Celery does: %s", (_, one) => {
  const expected = typeof one.out === "string" ? special[one.out] : Number(one.out);
  expect(tokensPerSecond(one.in)).toBe(expected);
});

it.each(wrong)("refuses a rate as Celery does: %s", (_, { rate, error: [name, message] }) => {
  // Python quotes the key that it did not find.
  const told = name === "KeyError" ? message.slice(1, -1) : message;
  expect(() => tokensPerSecond(rate)).toThrow(expect.objectContaining({ name, message: told }));
});

it("gives one token at once and each next one in its time, and saves none up", async () => {
  const clock = new FakeClock();
  const limits = new RateLimits(clock);
  const take = (): number => limits.reserve("t", () => "2/s");
  expect([take(), take(), take()]).toEqual([0, 500, 1000]);
  await clock.advance(10_000);
  expect([take(), take()]).toEqual([0, 500]);
});

it.each([null, 0, "", "nonsense", "-5/s", "nan/s", "inf/s"])("limits nothing with the rate %s", (rate) => {
  const limits = new RateLimits(new FakeClock());
  expect([1, 2, 3].map(() => limits.reserve("t", () => rate))).toEqual([0, 0, 0]);
});

/** A worker on a clock of the test's, with a task that may begin once per second and one that may always. */
async function started(settings = {}) {
  const clock = new FakeClock();
  const app = createApp("test", {
    broker: `memory://${crypto.randomUUID()}`,
    backend: `cache+memory://${crypto.randomUUID()}`,
    clock,
    ...settings,
  });
  const ran: string[] = [];
  const slow = app.task({ name: "t.slow", rateLimit: "1/s" }, (name: string) => void ran.push(name));
  const free = app.task("t.free", (name: string) => void ran.push(name));
  const worker = new Worker(app, { concurrency: 1, hostname: "w@here", prefetchMultiplier: 1 });
  onTestFinished(async () => {
    const stopped = worker.stop("cold");
    await clock.advance(10_000);
    await stopped;
    await app.close();
  });
  await worker.start();
  return { app, clock, worker, ran, slow, free };
}

describe("a worker with rate limits", () => {
  it("spreads the runs of a task, and never holds up others", async () => {
    const { ran, slow, free, clock, worker } = await started();
    for (const name of ["s1", "s2", "s3"]) await slow.delay(name);
    for (const name of ["f1", "f2"]) await free.delay(name);
    await expect.poll(() => ran).toEqual(["s1", "f1", "f2"]);
    expect(worker.stats().scheduled).toBe(2);
    await clock.advance(1000);
    await expect.poll(() => ran.at(-1)).toBe("s2");
    await clock.advance(1000);
    await expect.poll(() => ran).toEqual(["s1", "f1", "f2", "s2", "s3"]);
  });

  it("takes a new rate for those that wait, too", async () => {
    const { app, ran, slow, clock } = await started();
    for (const name of ["s1", "s2", "s3", "s4"]) await slow.delay(name);
    await expect.poll(() => ran).toEqual(["s1"]);
    await app.control.rateLimit("t.slow", 0);
    await expect.poll(() => ran).toEqual(["s1", "s2", "s3", "s4"]);
    await app.control.rateLimit("t.slow", "1/m");
    await expect
      .poll(() => app.control.inspect({ limit: 1 }).registered())
      .toEqual({
        "w@here": expect.arrayContaining(["t.slow [rate_limit=1/m]"]) as string[],
      });
    for (const name of ["s5", "s6"]) await slow.delay(name);
    await expect.poll(() => ran.at(-1)).toBe("s5");
    await clock.advance(59_000);
    expect(ran.at(-1)).toBe("s5");
    await clock.advance(1000);
    await expect.poll(() => ran.at(-1)).toBe("s6");
  });

  it("shows those that wait for their turn as reserved, and gives the turns of revoked ones to others", async () => {
    const { app, ran, slow, clock } = await started();
    const sent = [];
    for (const name of ["s1", "s2", "s3", "s4"]) sent.push(await slow.delay(name));
    const ids = sent.map(({ id }) => id);
    const reserved = async (): Promise<unknown[]> =>
      ((await app.control.inspect({ limit: 1 }).reserved())["w@here"] ?? []).map(({ id }) => id);
    await expect.poll(reserved).toEqual(ids.slice(1));
    await app.revoke(ids.slice(1, 3));
    await expect.poll(reserved).toEqual(ids.slice(3));
    await clock.advance(1000);
    await expect.poll(() => ran).toEqual(["s1", "s4"]);
  });

  it("does as if there were none with worker_disable_rate_limits", async () => {
    const { ran, slow } = await started({ workerDisableRateLimits: true });
    for (const name of ["s1", "s2", "s3"]) await slow.delay(name);
    await expect.poll(() => ran).toEqual(["s1", "s2", "s3"]);
  });
});
