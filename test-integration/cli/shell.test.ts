import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import { expect, it } from "vitest";
import { requires, tempFolder } from "../harness/index.ts";

const bin = new URL("../../packages/cli/bin/q.js", import.meta.url).pathname;
const tasks = new URL("../../docs/examples/quickstart/tasks.ts", import.meta.url).pathname;

/** Pipes a script into `q shell` with the app of the quickstart. */
async function shell(script: string): Promise<{ code: number; out: string; err: string }> {
  await using folder = await tempFolder("shell");
  const child = spawn(process.execPath, [bin, "-A", tasks, "shell"], { cwd: folder.path });
  child.stdin.end(script);
  const [out, err, code] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    new Promise<number>((resolve) => child.once("close", resolve)),
  ]);
  return { code, out, err };
}

requires()("q shell with a script on its standard input", () => {
  it("runs its lines one after the other, with the app and its tasks at hand, and ends", async () => {
    const { code, out } = await shell(`
      const result = await countWords.delay("a.txt");
      console.log(app.name, result.id.length, await result.state());
    `);
    expect([code, out]).toEqual([0, "quickstart 36 PENDING\n"]);
  });

  it("has what workflows are made of", async () => {
    const { code, out } = await shell(`
      const tasks = chain(countWords.si("a.txt"), group(countWords.s(), signature("t.other")));
      console.log(tasks.task, [chord, chunks, xmap, starmap, xstarmap, Signature].every((one) => typeof one === "function"));
    `);
    expect([code, out]).toEqual([0, "celery.chain true\n"]);
  });

  it("ends with 1 and the stack when the script throws", async () => {
    const { code, err } = await shell("await app.nothing();");
    expect(code).toBe(1);
    expect(err).toMatch(/TypeError: app\.nothing is not a function\n +at .*stdin:1/);
  });
});
