import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { BeatBench } from "./testing/beat-bench.fixture.ts";

let folder: string;
beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), "q-beat-"))));
afterEach(() => rm(folder, { recursive: true, force: true }));

const HOUR = 3_600_000;

it("goes on after a restart where it was, and starts anew when the time zone has changed", async () => {
  const store = join(folder, "schedule");
  const bench = new BeatBench();
  const entries = { daily: { task: "t", schedule: "0 4 * * *" }, often: { task: "t", schedule: 7 * 3600 } };
  const day = async (timeZone: string): Promise<number[]> => {
    bench.sent.length = 0;
    const beat = bench.beat({ entries, store, timeZone });
    await beat.start();
    for (let hour = 0; hour < 10; hour++) {
      await bench.advance(HOUR, HOUR);
      // The file is real: what is written to it takes real time.
      await beat.list();
    }
    await beat.stop();
    return bench.seconds().map((seconds) => seconds / 3600);
  };
  expect(await day("UTC")).toEqual([4, 7]);
  expect(await day("UTC")).toEqual([14]);
  // 4 o'clock in Tokyo was at 19 hours: it is not made up for, for the schedule is another one now.
  expect(await day("Asia/Tokyo")).toEqual([20 + 7]);
  expect(bench.missed).toEqual([]);
});
