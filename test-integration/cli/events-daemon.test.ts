import { readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createApp } from "@q/core";
import { EventDispatcher } from "@q/core/events";
import { expect, it } from "vitest";
import { nodeProcess, requires, startRedis, suiteResource, tempFolder, waitUntil } from "../harness/index.ts";

requires("redis")("q events in the background", () => {
  const redis = suiteResource(() => startRedis());

  it("takes snapshots until it is told to end, and leaves no pid file", async () => {
    await using folder = await tempFolder("events");
    const file = (name: string): string => join(folder.path, name);
    writeFileSync(
      file("cameras.mjs"),
      `import { writeFileSync } from "node:fs";
       export const camera = (state) => writeFileSync("snapshot", [...state.workers.keys()].join());`,
    );
    const options = ["--detach", "--pidfile", file("pid"), "--logfile", file("log"), "-F", "0.05"];
    const start = nodeProcess("packages/cli/bin/q.js", [
      ...["--workdir", folder.path, "-b", redis().url],
      ...["events", "--camera", "cameras.mjs:camera", ...options],
    ]);
    expect(await start.exited).toEqual({ code: 0, signal: null });
    const read = (name: string): string => readFileSync(file(name), "utf8");
    const pid = Number(read("pid"));

    await using app = createApp("test", { broker: redis().url });
    await using dispatcher = new EventDispatcher(app, { hostname: "w@here" });
    await waitUntil(() => {
      dispatcher.send("worker-heartbeat", { freq: 2 });
      return read("snapshot") === "w@here";
    });
    process.kill(pid, "SIGTERM");
    await waitUntil(() => {
      expect(() => read("pid")).toThrow("ENOENT");
      return true;
    });
    expect(read("log")).not.toMatch(/ERROR|WARNING/);
  });

  it("says on the terminal why it could not start", async () => {
    await using folder = await tempFolder("events");
    const pidfile = join(folder.path, "pid");
    writeFileSync(pidfile, String(process.pid));
    const start = async (...options: string[]): Promise<unknown> => {
      const args = ["-b", redis().url, "events", "--dump", "--detach", "--pidfile", pidfile, ...options];
      const program = nodeProcess("packages/cli/bin/q.js", args);
      const { code } = await program.exited;
      return [code, program.lines.join("\n")];
    };
    expect(await start("--logfile", join(folder.path, "log"))).toEqual([
      73,
      expect.stringContaining(`process ${process.pid} is already running`),
    ]);
    // A log of years, larger than what Node reads at once.
    const log = join(folder.path, "large.log");
    writeFileSync(log, "an old line\n");
    truncateSync(log, 5 * 2 ** 30);
    const [code, text] = (await start("--logfile", log)) as [number, string];
    expect(code).toBe(73);
    expect(text).toMatch(new RegExp(`^q: .*process ${process.pid} is already running`));
    expect(await start()).toEqual([73, expect.stringContaining("without --detach")]);
    rmSync(pidfile);
    expect(await start("--executable", "/no/such/node")).toEqual([
      64,
      expect.stringContaining("q: /no/such/node cannot be started"),
    ]);
  });
});
