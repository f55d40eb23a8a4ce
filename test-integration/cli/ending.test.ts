import { expect, it } from "vitest";
import { nodeProcess, requires, startRedis, suiteResource } from "../harness/index.ts";
import { qWorker } from "../harness/q-worker.ts";

requires("redis")("q with an app that keeps something open", () => {
  const redis = suiteResource(() => startRedis());

  it("ends when its worker has shut down", async () => {
    await using worker = await qWorker({ app: "cli/open-app.mjs", broker: redis().url });
    worker.kill("SIGTERM");
    expect(await worker.exited).toEqual({ code: 0, signal: null });
    expect(worker.tail).toContain("warm shutdown");
  });

  it("ends when a command is done, with all of its output", async () => {
    const cwd = new URL("..", import.meta.url).pathname;
    const env = { BROKER_URL: redis().url };
    await using q = nodeProcess(
      "packages/cli/bin/q.js",
      ["-A", "cli/open-app.mjs", "call", "open.add", "--args", "[2, 2]"],
      { cwd, env },
    );
    expect(await q.exited).toEqual({ code: 0, signal: null });
    expect(q.lines).toEqual([expect.stringMatching(/^[0-9a-f-]{36}$/)]);
  });
});
