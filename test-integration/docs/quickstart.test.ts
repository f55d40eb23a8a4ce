import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { nodeProcess } from "../harness/node-process.ts";
import { tempFolder } from "../harness/temp-folder.ts";

it("counts the words of a folder in the quickstart, one task per file", async () => {
  await using folder = await tempFolder("quickstart");
  await writeFile(join(folder.path, "one.txt"), "apple banana apple\n");
  await writeFile(join(folder.path, "two.md"), "apple cherry banana. And the others\n");
  await using program = nodeProcess("docs/examples/quickstart/main.ts", [folder.path], { cwd: folder.path });
  const exit = await program.exited;
  if (exit.code !== 0) throw program.failure("did not end well");

  // The worker beside it may have something to say first.
  expect(program.lines).toContainEqual(expect.stringMatching(/^2 tasks sent/));
  const counts = program.lines
    .map((line) => /^ +(\d+) {2}(\S+)$/.exec(line)?.slice(1))
    .filter((found) => found !== undefined);
  expect(counts.slice(0, 2)).toEqual([
    ["3", "apple"],
    ["2", "banana"],
  ]);
});

it("says that a folder holds nothing to count, or is none", async () => {
  await using folder = await tempFolder("quickstart");
  for (const argument of [folder.path, join(folder.path, "none")]) {
    await using program = nodeProcess("docs/examples/quickstart/main.ts", [argument], { cwd: folder.path });
    expect((await program.exited).code).toBe(1);
    expect(program.lines).toEqual([expect.stringMatching(`^There are no text files below ${argument}\\.`)]);
  }
});
