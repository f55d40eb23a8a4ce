import { readFile } from "node:fs/promises";
import { expect, it } from "vitest";
import { requires, startRedis, suiteResource, tempFolder } from "../harness/index.ts";
import { scene } from "./scene.ts";

const recorder = new URL("programs/record-imports.mjs", import.meta.url).href;

requires("redis")("what a worker loads, with results on Redis", () => {
  const redis = suiteResource(() => startRedis());

  /** Our files that the process has loaded that runs the tasks, as `pool/remote/crew.js`. */
  async function filesOfExecutor(pool: string): Promise<string[]> {
    await using folder = await tempFolder("imports");
    const env = { NODE_OPTIONS: `--import=${recorder}`, IMPORTS: folder.path };
    await using place = await scene(redis(), { pool, args: ["-c", "1"], env });
    const pid = (await place.call("pools.pid")) as number;
    const urls = (await readFile(`${folder.path}/${pid}`, "utf8")).split("\n");
    return urls.flatMap((url) => /\/packages\/(\w+)\/dist\/(.*)$/.exec(url)?.slice(1).join("/") ?? []);
  }

  it("a child process has what runs tasks, and nothing that makes pools, consumes or controls", async () => {
    const files = await filesOfExecutor("prefork");
    expect(files).toEqual(expect.arrayContaining(["worker/executor/executor-module.js", "worker/trace.js"]));
    expect(files.filter((file) => /^(pool\/(remote\/(?!outbox)|threads|functions))/.test(file))).toEqual([]);
    expect(
      files.filter((file) => /^messaging\/(consumer|pidbox|message-stream|simple-queue)/.test(file)),
    ).toEqual([]);
    expect(files.filter((file) => /^core\/control\/(control-link|revocations)/.test(file))).toEqual([]);
    // Each costs about half a millisecond of the start of every child.
    expect(files.length).toBeLessThanOrEqual(240);
  });

  it("a worker that runs tasks on its event loop has no pool of processes or threads", async () => {
    const files = await filesOfExecutor("async");
    expect(files).toContain("pool/inline/inline-pool.js");
    expect(files.filter((file) => /^pool\/(processes|threads|remote|functions)/.test(file))).toEqual([]);
  });
});
