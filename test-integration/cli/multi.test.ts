import { existsSync, readFileSync } from "node:fs";
import { hostname } from "node:os";
import { createApp } from "@q/core";
import { expect, it } from "vitest";
import { nodeProcess, requires, startRedis, suiteResource, tempFolder, waitUntil } from "../harness/index.ts";

const folder = new URL("..", import.meta.url).pathname;

requires("redis")("q multi", () => {
  const redis = suiteResource(() => startRedis());

  /** Runs the command to its end, and returns what it printed. */
  async function multi(
    command: string,
    args: readonly string[],
  ): Promise<{ code: number | null; text: string }> {
    const program = nodeProcess(
      "packages/cli/bin/q.js",
      ["-A", "recovery/app.mjs", "multi", command, ...args],
      {
        cwd: folder,
        env: {
          BROKER_URL: redis().url,
          SETTINGS: JSON.stringify({ resultBackend: redis().url, taskIgnoreResult: false }),
        },
      },
    );
    const { code } = await program.exited;
    return { code, text: program.lines.join("\n") };
  }

  it("starts, shows, restarts and stops workers that pid files name", { timeout: 120_000 }, async () => {
    await using files = await tempFolder("multi");
    const host = hostname();
    const pidOf = (name: string): number => Number(readFileSync(`${files.path}/run/${name}.pid`, "utf8"));
    const isAlive = (pid: number): boolean => {
      try {
        return process.kill(pid, 0) && !/^.*\) Z/s.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
      } catch {
        return false;
      }
    };
    const where = [`--pidfile=${files.path}/run/%n.pid`, `--logfile=${files.path}/log/%n.log`];
    const nodes = ["2", "-l", "INFO", "-P", "async", "-c", "2", "-c:2", "5", ...where];
    try {
      const started = await multi("start", nodes);
      expect(started).toMatchObject({ code: 0 });
      expect(started.text).toContain("> Starting nodes...");
      expect(started.text).toContain(`> celery1@${host}: OK`);
      const first = [pidOf("celery1"), pidOf("celery2")];
      expect(first.map(isAlive)).toEqual([true, true]);

      // They are workers: they run what is sent.
      await using app = createApp("caller", { broker: redis().url, backend: redis().url });
      const sent = await app.sendTask("recovery.none", []);
      await expect(sent.get({ timeout: 30 })).rejects.toMatchObject({ code: "ERR_Q_NOT_REGISTERED" });
      await waitUntil(() => readFileSync(`${files.path}/log/celery2.log`, "utf8").length > 0);

      const again = await multi("start", nodes);
      expect(again.code).not.toBe(0);
      expect(again.text).toContain(`> celery1@${host}: FAILED`);
      expect([pidOf("celery1"), pidOf("celery2")]).toEqual(first);

      const restarted = await multi("restart", nodes);
      expect(restarted).toMatchObject({ code: 0 });
      expect(restarted.text).toContain(`celery1@${host}: TERM -> ${first[0]}`);
      expect(restarted.text).toContain(`> Restarting node celery2@${host}: OK`);
      const second = [pidOf("celery1"), pidOf("celery2")];
      expect(second.map(isAlive)).toEqual([true, true]);
      expect(first.map(isAlive)).toEqual([false, false]);

      expect((await multi("kill", ["celery2", ...where])).text).toContain(
        `Sending KILL to node celery2@${host}`,
      );
      await waitUntil(() => !isAlive(second[1] ?? 0));
      const stopped = await multi("stopwait", ["2", "-QUIT", ...where]);
      expect(stopped.text).toContain(`celery1@${host}: QUIT -> ${second[0]}`);
      expect(stopped.text).toContain(`> celery2@${host}: DOWN`);
      expect(isAlive(second[0] ?? 0)).toBe(false);
      expect(existsSync(`${files.path}/run/celery1.pid`)).toBe(false);
    } finally {
      await multi("kill", ["2", ...where]);
    }
  });

  it("prints commands, names and templates without starting anything", async () => {
    const shown = await multi("show", ["2", "-Q:1", "a,b", "--pidfile=/tmp/%n.pid", "--json"]);
    const rows = JSON.parse(shown.text) as { name: string; command: string[] }[];
    expect(rows[0]?.command.join(" ")).toMatch(/-A recovery\/app\.mjs worker --detach -n celery1@.* -Q a,b$/);
    expect(rows[1]?.command).toContain("--pidfile=/tmp/celery2.pid");
    expect((await multi("names", ["a", "b", "-n", "box"])).text).toBe("a@box\nb@box");
    expect((await multi("expand", ["/x/%n-%d.log", "2", "-n", "box"])).text).toBe(
      "/x/celery1-box.log\n/x/celery2-box.log",
    );
    expect(await multi("dance", ["2"])).toMatchObject({ code: 64 });
  });
});
