import { readFileSync } from "node:fs";
import { chord, createApp, ResultSet } from "@q/core";
import { describe, expect, it } from "vitest";
import { requires, startRedis, suiteResource, tempFolder } from "../harness/index.ts";
import { qWorker } from "../harness/q-worker.ts";

const isFull = process.env["Q_TEST_FULL"] === "1";
/** Members of the largest chord. */
const MEMBERS = isFull ? 100_000 : 3000;
/** Chords that are under way at the same time. */
const CHORDS = isFull ? 10_000 : 300;
/** Chords inside a chord, and members of each. */
const NESTED = 30;
/** A worker that kept a chord of 100,000 in memory would need more; it begins with about 90 MB. */
const MOST_MB = 320;
const wait = { timeout: isFull ? 500 : 100 };
const TIME_MS = isFull ? 600_000 : 150_000;

/** A client, and a worker in a process of its own. */
async function fleet(url: string) {
  const app = createApp("large", { broker: url, backend: url });
  const worker = await qWorker({
    app: "canvas/programs/large-app.ts",
    broker: url,
    settings: { resultBackend: url },
    args: ["-c", "8", "-l", "WARNING"],
  }).catch(async (error: unknown) => {
    await app.close();
    throw error;
  });
  return {
    app,
    add: app.remoteTask<[x: number, y: number], number>("large.add"),
    sum: app.remoteTask<[numbers: readonly number[]], number>("large.sum"),
    /** The most memory that the worker has had. */
    peakMb: (): number => {
      const status = readFileSync(`/proc/${worker.pid}/status`, "utf8");
      return Number(/^VmHWM:\s+(\d+) kB/m.exec(status)?.[1]) / 1024;
    },
    async [Symbol.asyncDispose]() {
      await Promise.allSettled([worker[Symbol.asyncDispose](), app.close()]);
    },
  };
}

const numbers = (length: number): number[] => Array.from({ length }, (_, index) => index);
const total = (length: number): number => (length * (length - 1)) / 2;

function define(url: () => string): void {
  it(
    `end a chord of ${MEMBERS} members, and the worker does not hold it in memory`,
    async () => {
      await using one = await fleet(url());
      const { add, sum } = one;
      const header = numbers(MEMBERS).map((index) => add.s(index, 1));
      const result = await chord(header, sum.s()).delay();
      expect(await result.get(wait)).toBe(total(MEMBERS) + MEMBERS);
      expect(one.peakMb()).toBeLessThan(MOST_MB);
    },
    TIME_MS,
  );

  it(
    `end a chord of ${NESTED} chords of ${NESTED} members`,
    async () => {
      await using one = await fleet(url());
      const { add, sum } = one;
      const inner = (outer: number) =>
        chord(
          numbers(NESTED).map((index) => add.s(outer * NESTED + index, 1)),
          sum.s(),
        );
      const result = await chord(numbers(NESTED).map(inner), sum.s()).delay();
      expect(await result.get(wait)).toBe(total(NESTED ** 2) + NESTED ** 2);
    },
    TIME_MS,
  );

  it(
    `settle ${CHORDS} chords at the same time, of which every tenth fails`,
    async () => {
      await using one = await fleet(url());
      const { app, add, sum } = one;
      const fails = (index: number): boolean => index % 10 === 3;
      const handles = await Promise.all(
        numbers(CHORDS).map((index) =>
          chord([add.s(index, 1), add.s(fails(index) ? -1 : 1, 1), add.s(2, 2)], sum.s()).delay(),
        ),
      );
      const ends = await new ResultSet(app, handles).get({ ...wait, propagate: false });
      const wrong = numbers(CHORDS).filter((index) =>
        fails(index) ? !isChordError(ends[index]) : ends[index] !== index + 7,
      );
      expect(wrong).toEqual([]);
    },
    TIME_MS,
  );
}

const isChordError = (end: unknown): boolean =>
  end instanceof Error && (end as { code?: unknown }).code === "ERR_Q_CHORD";

describe("large workflows in SQLite", () => {
  const folder = suiteResource(() => tempFolder("large"));
  define(() => `sqlite:///${folder().path}/q.db`);
});

requires("redis")("large workflows on Redis", () => {
  const server = suiteResource(() => startRedis());
  define(() => server().url);
});
