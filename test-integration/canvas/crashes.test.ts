import { existsSync, readFileSync } from "node:fs";
import { type AsyncResult, chord, createApp } from "@q/core";
import { expect, it } from "vitest";
import { rabbitVhost, requires, startRedis, suiteResource, tempFolder } from "../harness/index.ts";
import { qWorker, startQWorker } from "../harness/q-worker.ts";
import { registerCanvasTasks } from "./canvas-tasks.ts";

requires("redis", "rabbitmq")("a worker that dies while it ends a chord", () => {
  const broker = suiteResource(() => rabbitVhost());
  const redis = suiteResource(() => startRedis());

  it.each([
    "before the member is counted",
    "after the last member is counted",
    "before the body is sent",
    "after the body is sent",
  ])("%s: the chord ends all the same, and its body is sent once that is known of", async (point) => {
    await using folder = await tempFolder("crash");
    const mark = `${folder.path}/mark`;
    const settings = { resultBackend: redis().url, workerPrefetchMultiplier: 1 };
    const queue = `crash-${crypto.randomUUID()}`;
    const options = {
      app: "canvas/programs/canvas-app.ts",
      broker: broker().url,
      settings,
      args: ["-Q", queue, "-c", "2", "-P", "async"],
      env: { KILL_AT: point, MARK: mark },
    };
    await using app = createApp("canvas", { broker: broker().url, backend: redis().url });
    registerCanvasTasks(app);
    const task = (name: string) => app.signature("canvas.mark", [name, "succeed"]).set({ queue });
    const workflow = chord([task("a"), task("b"), task("c")] as never, task("body") as never);
    const result = (await workflow.delay()) as AsyncResult<unknown>;

    await using dying = startQWorker(options);
    await dying.exited;
    expect(existsSync(mark)).toBe(true);
    await using _next = await qWorker(options);
    expect(await app.AsyncResult(result.id).get({ timeout: 30 })).toBe('body(["a","b","c"])');
    // The body may run before the worker that sent it has noted so.
    await expect.poll(() => existsSync(`${mark}.sent`)).toBe(true);
    expect(readFileSync(`${mark}.sent`, "utf8")).toBe("x");
  });
});
