import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { nodeProcess, tempFolder } from "../harness/index.ts";

const program = new URL("schedule-owner.mjs", import.meta.url).pathname;

it("gives a schedule file that was left behind to one of the beats that start at the same moment", async () => {
  await using folder = await tempFolder("owner");
  const files = Array.from({ length: 10 }, (_, index) => join(folder.path, `schedule-${index}`));
  await using gone = nodeProcess(program, [], { env: { START: "0" } });
  await gone.waitFor(/^done$/);
  await gone.exited;
  for (const file of files) await writeFile(`${file}.lock`, `${gone.pid}\n`);
  const env = { START: String(Date.now() + 2000) };
  const beats = Array.from({ length: 6 }, () => nodeProcess(program, files, { env }));
  try {
    await Promise.all(beats.map((beat) => beat.waitFor(/^done$/, { timeoutMs: 30_000 })));
    const lines = beats.flatMap((beat) => beat.lines);
    for (const file of files) {
      const answers = lines.filter((line) => line.startsWith(`${file} `)).map((line) => line.split(" ")[1]);
      const counts = ["kept", "ERR_Q_BEAT_LOCKED"].map(
        (one) => answers.filter((answer) => answer === one).length,
      );
      expect(counts, file).toEqual([1, 5]);
    }
  } finally {
    await Promise.all(beats.map((beat) => beat[Symbol.asyncDispose]()));
  }
});
