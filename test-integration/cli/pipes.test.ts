import { createApp } from "@q/core";
import { expect, it } from "vitest";
import {
  ChildProgram,
  requires,
  startRedis,
  suiteResource,
  tempFolder,
  uniqueName,
} from "../harness/index.ts";

const q = `${process.execPath} ${new URL("../../packages/cli/bin/q.js", import.meta.url).pathname}`;
const folder = new URL("..", import.meta.url).pathname;

requires("redis")("q whose output nobody reads any more", () => {
  const redis = suiteResource(() => startRedis());
  const shell = (line: string): ChildProgram =>
    new ChildProgram({
      name: line,
      command: "bash",
      args: ["-o", "pipefail", "-c", line],
      cwd: folder,
      env: { BROKER_URL: redis().url, VITEST: undefined },
    });

  it("ends when it only prints, without a word", async () => {
    await using watch = shell(`${q} -b ${redis().url} events --dump 2>&1 | head -1`);
    await watch.waitFor(/capturing/);
    await using app = createApp("sender", { broker: redis().url });
    const sender = setInterval(() => void app.sendTask("t.none", [], { queue: "nobody" }), 50);
    app.config.override({ taskSendSentEvent: true });
    expect(await watch.exited.finally(() => clearInterval(sender))).toEqual({ code: 0, signal: null });
    expect(watch.lines).toEqual(["-> q events: capturing"]);
  });

  it("goes on when it is a worker, whose log it was", async () => {
    await using place = await tempFolder("pipes");
    const name = uniqueName("q");
    const worker = `${q} -A interop-python/programs/interop-app.ts worker -P solo -l DEBUG -n ${name}@here`;
    await using program = shell(`${worker} 2> >(head -1 > ${place.path}/log; echo log closed)`);
    await program.waitFor(/log closed/, { timeoutMs: 30_000 });
    await using app = createApp("client", { broker: redis().url, backend: redis().url });
    const ping = async (): Promise<number> => (await app.control.ping({ limit: 1, timeout: 1 })).length;
    await expect.poll(ping).toBe(1);
    await app.control.heartbeat();
    await expect.poll(ping).toBe(1);
    await app.control.shutdown();
    expect((await program.exited).code).toBe(0);
  });
});
