import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { WakeFile } from "./wake-file.ts";

let folder: string;
let file: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "q-wake-"));
  file = join(folder, "q.db-wake");
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Resolves when `wakeFile` wakes, with the time that took. */
function wakeUp(wakeFile: WakeFile, after: () => void): Promise<number> {
  const start = performance.now();
  return new Promise((resolve) => {
    const stop = wakeFile.listen(() => {
      stop();
      resolve(performance.now() - start);
    });
    after();
  });
}

it("wakes the listeners of its own process at once", () => {
  const wakeFile = new WakeFile(file);
  let woken = 0;
  const stop = wakeFile.listen(() => woken++);
  wakeFile.touch();
  expect(woken).toBe(1);
  stop();
  wakeFile.touch();
  expect(woken).toBe(1);
  wakeFile.close();
});

it("wakes listeners of another handle of the file well before the safety poll", async () => {
  const [writer, reader] = [new WakeFile(file), new WakeFile(file)];
  expect(await wakeUp(reader, () => writer.touch())).toBeLessThan(900);
  expect(await wakeUp(reader, () => writer.touch())).toBeLessThan(900);
  writer.close();
  reader.close();
});

it("wakes listeners by its poll when the file is gone", async () => {
  const [writer, reader] = [new WakeFile(file), new WakeFile(file)];
  writer.touch();
  const woken = wakeUp(reader, () => {});
  await rm(file);
  expect(await woken).toBeLessThan(3000);
  writer.close();
  reader.close();
});

it("does not fail in a directory that is gone", async () => {
  await rm(folder, { recursive: true });
  const wakeFile = new WakeFile(file);
  expect(() => wakeFile.touch()).not.toThrow();
  expect(await wakeUp(wakeFile, () => {})).toBeLessThan(900);
});
