import { chmodSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { type ChildProgram, nodeProcess, type TempFolder, tempFolder } from "../harness/index.ts";
import { childrenOf } from "../harness/process-tree.ts";

const isRoot = process.getuid?.() === 0;
if (!isRoot)
  process.stderr.write("\n!!! SKIPPED: q worker becomes another user\n!!! Only root may: run as root.\n\n");

/** A worker whose broker is a file in a folder that everyone may write to. */
function worker(folder: TempFolder, args: readonly string[], env: Record<string, string> = {}): ChildProgram {
  chmodSync(folder.path, 0o777);
  const broker = `sqlite:///${join(folder.path, "q.db")}`;
  const command = ["-A", "./app.mjs", "--workdir", "pools", "-b", broker, "worker", "-c", "1", ...args];
  return nodeProcess("packages/cli/bin/q.js", command, {
    cwd: new URL("..", import.meta.url).pathname,
    env: { BROKER_URL: broker, ...env },
  });
}

it.runIf(isRoot)("takes the groups of the user that it becomes, and none of root", async () => {
  await using folder = await tempFolder("user");
  await using started = worker(folder, ["--uid", "nobody"]);
  await started.waitFor(/ ready\.$/, { timeoutMs: 30_000 });
  const pids = [started.pid, ...childrenOf(started.pid)];
  expect(pids).toHaveLength(2);
  for (const pid of pids) {
    const status = readFileSync(`/proc/${pid}/status`, "utf8");
    expect(status).toMatch(/^Uid:(\t65534){4}$/m);
    expect(status).toMatch(/^Gid:(\t65534){4}$/m);
    expect(status).toMatch(/^Groups:\t65534 *$/m);
  }
  expect(started.lines.join("\n")).not.toContain("as root");
});

it.runIf(isRoot)(
  "becomes a user without a name only with a group, and nobody that does not exist",
  async () => {
    await using folder = await tempFolder("user");
    await using nameless = worker(folder, ["--uid", "4242", "--gid", "4243"]);
    await nameless.waitFor(/ ready\.$/, { timeoutMs: 30_000 });
    expect(readFileSync(`/proc/${nameless.pid}/status`, "utf8")).toMatch(/^Groups:\t4243 *$/m);
    for (const args of [
      ["--uid", "4242"],
      ["--uid", "nosuchuser", "--gid", "4243"],
    ]) {
      await using refused = worker(folder, args);
      expect(await refused.exited).toEqual({ code: 77, signal: null });
    }
  },
);

it.runIf(isRoot)("ends in order where it may not remove the pid file of root, and starts again", async () => {
  await using folder = await tempFolder("user");
  const run = join(folder.path, "run");
  mkdirSync(run, { mode: 0o755 });
  for (const _start of ["first", "second"]) {
    await using started = worker(folder, ["--uid", "nobody", "--pidfile", join(run, "q.pid")]);
    await started.waitFor(/ ready\.$/, { timeoutMs: 30_000 });
    process.kill(started.pid, "SIGTERM");
    expect(await started.exited).toEqual({ code: 0, signal: null });
    expect(started.lines.join("\n")).not.toContain("EACCES");
  }
});

it.runIf(isRoot)("warns that it runs as root, unless that is meant", async () => {
  await using folder = await tempFolder("root");
  await using careless = worker(folder, []);
  await careless.waitFor(/tasks run as root here/, { timeoutMs: 30_000 });
  await using deliberate = worker(folder, [], { C_FORCE_ROOT: "1" });
  await deliberate.waitFor(/ ready\.$/, { timeoutMs: 30_000 });
  expect(deliberate.lines.join("\n")).not.toContain("as root");
});
