import { existsSync, readFileSync, statSync } from "node:fs";
import { chmod } from "node:fs/promises";
import { join } from "node:path";
import type { EntryInfo } from "@q/beat";
import { afterAll, describe, expect, it } from "vitest";
import {
  type ChildProgram,
  jsonLine,
  nodeProcess,
  requires,
  startMariadb,
  startPostgres,
  startRedis,
  suiteResource,
  tempFolder,
  uniqueName,
  waitUntil,
} from "../harness/index.ts";

const testFolder: string = new URL("..", import.meta.url).pathname;
const app = join(testFolder, "beat/commands-app.mjs");
const folder = await tempFolder("beat");
afterAll(() => folder[Symbol.asyncDispose]());

/** `q beat …` as a process of its own. */
function q(args: readonly string[], env: Readonly<Record<string, string>> = {}): ChildProgram {
  const all = ["-A", app, "beat", ...args];
  return nodeProcess("packages/cli/bin/q.js", all, { cwd: folder.path, env });
}

/** The same, to its end. */
async function run(
  ...args: string[]
): Promise<{ code: number | null; lines: readonly string[]; text: string }> {
  const program = q(args);
  const { code } = await program.exited;
  return { code, lines: program.lines, text: program.lines.join("\n") };
}

interface Sent {
  readonly msg: string;
  readonly entry: string;
  readonly taskId: string;
}

/** Waits for the log line of a run of an entry; of one id when it is given. */
function sent(beat: ChildProgram, entry: string, taskId?: string): Promise<Sent> {
  return beat.waitFor(
    jsonLine<Sent>(
      (line) =>
        line.msg === "sent periodic task" &&
        line.entry === entry &&
        (taskId === undefined || line.taskId === taskId),
    ),
    { timeoutMs: 30_000 },
  );
}

/** Everything that can be done to entries while a beat runs on the same store. */
async function manageEntries(store: string): Promise<void> {
  const on = ["-s", store];
  const list = async (): Promise<Map<string, EntryInfo>> => {
    const { text } = await run("list", "--json", ...on);
    return new Map((JSON.parse(text) as EntryInfo[]).map((one) => [one.name, one]));
  };
  await using beat = q([...on, "-l", "INFO", "--logformat", "json"]);
  await sent(beat, "often");

  const definition = [
    "--task",
    "t.added",
    "--every",
    "0.3",
    "--args",
    '["ä"]',
    "--options",
    '{"queue":"low"}',
  ];
  expect(await run("add", "added", ...definition, ...on)).toEqual({
    code: 0,
    lines: ["added: added"],
    text: "added: added",
  });
  await sent(beat, "added");

  expect((await run("pause", "often", ...on)).code).toBe(0);
  const before = await list();
  expect([...before.keys()]).toEqual(["added", "often", "yearly"]);
  expect(before.get("added")).toMatchObject({
    isStored: true,
    definition: { task: "t.added", schedule: { every: 0.3 }, args: ["ä"], options: { queue: "low" } },
  });
  expect(before.get("often")).toMatchObject({ isEnabled: false, isStored: false, nextRunAt: null });
  expect(before.get("often")?.totalRunCount).toBeGreaterThan(0);
  expect((await run("list", ...on)).text).toMatch(/^often +t\.often +<freq: 0\.2 seconds> +paused /m);

  const { lines } = await run("run", "yearly", ...on);
  await sent(beat, "yearly", lines[0]);

  expect((await run("resume", "often", ...on)).code).toBe(0);
  expect((await run("remove", "added", ...on)).code).toBe(0);
  const after = await list();
  expect([...after.keys()]).toEqual(["often", "yearly"]);
  expect(after.get("often")?.isEnabled).toBe(true);

  const next = await run("next", "yearly", "-n", "2", ...on);
  const year = new Date().getUTCFullYear();
  expect(next.lines).toEqual([`${year + 1}-01-01T00:00:00.000Z`, `${year + 2}-01-01T00:00:00.000Z`]);
  expect(await beat.stop("SIGTERM")).toEqual({ code: 0, signal: null });
}

describe(
  "q beat list, add, pause, run, next, resume and remove beside a running beat",
  { timeout: 120_000 },
  () => {
    it("work on a file", () => manageEntries(join(folder.path, "schedule")));

    it("work on SQLite", () => manageEntries(`sqlite:///${join(folder.path, "schedule.db")}`));

    requires("redis")("on Redis", () => {
      const redis = suiteResource(() => startRedis());
      it("work", () => manageEntries(redis().url));
    });

    requires("postgres")("on PostgreSQL", () => {
      const postgres = suiteResource(startPostgres);
      it("work", () => manageEntries(postgres().url));
    });

    requires("mariadb")("on MariaDB", () => {
      const mariadb = suiteResource(startMariadb);
      it("work", () => manageEntries(mariadb().url));
    });
  },
);

describe("q beat with wrong input", () => {
  const add = ["add", "x", "--task", "t"];
  it.each<[args: string[], code: number, message: RegExp]>([
    [["pause", "oftem"], 64, /no entry "oftem"\. Did you mean "often"\? \[ERR_Q_BEAT_ENTRY\]/],
    [["remove", "often"], 64, /Those of the app are removed in the app/],
    [["next", "often", "-n", "0"], 64, /--count wants a whole number from 1/],
    [["add", "x", "--every", "1"], 64, /Missing required argument: task/],
    [add, 64, /give one of --every, --crontab, --clocked and --solar/],
    [[...add, "--every", "1", "--crontab", "* * * * *"], 64, /give one of/],
    [[...add, "--every", "-1"], 64, /entry "x": an interval is a positive number of seconds/],
    [[...add, "--crontab", "99 * * * *"], 64, /entry "x": Invalid end range: 99 > 59/],
    [[...add, "--solar", "sunset"], 64, /--solar wants event,latitude,longitude/],
    [[...add, "--solar", "sunset,91,0"], 64, /must be between -90 and 90/],
    [[...add, "--clocked", "yesterday"], 64, /not a time: yesterday/],
    [[...add, "--every", "1", "--args", "{"], 64, /--args is not JSON/],
    [[...add, "--every", "1", "--args", "{}"], 64, /args is not a list/],
    [[...add, "--crontab", "* * * * *", "--time-zone", "Mars/Base"], 64, /no time zone "Mars\/Base"/],
    [[...add, "--every", "1", "--misfire", "never"], 64, /Choices: "once", "skip", "all"/],
    [["list", "-s", "ftp://host/x"], 64, /no store for "ftp:"/],
    [["list", "-s", "redis://["], 64, /the URL of the schedule cannot be read/],
    [["list", "-s", "redis://127.0.0.1:1"], 69, /Redis at 127\.0\.0\.1:1 cannot be reached/],
    [["-S", "./nowhere.js"], 64, /the scheduler "\.\/nowhere\.js" cannot be loaded/],
    [["-S", `${app}:app`], 64, /the scheduler ".*commands-app\.mjs:app" is neither a function nor a class/],
    [["-S", `${app}:nothing`], 64, /cannot be loaded: The module .* does not export "nothing"/],
  ])("%j ends with %i and says why", async (args, code, message) => {
    const result = await run(...args);
    expect(result.text).toMatch(message);
    expect(result.code).toBe(code);
    // What the user has typed is not a mistake of ours.
    expect(result.text).not.toMatch(/^ +at /m);
  });
});

describe("q beat as a daemon", () => {
  const isAlive = (pid: number): boolean =>
    existsSync(`/proc/${pid}`) && !/\) Z/.test(readFileSync(`/proc/${pid}/stat`, "utf8"));

  it("goes to the background, keeps its pid file while it lives, and has one process", async () => {
    const [pidfile, logfile, schedule] = ["pid", "log", "schedule"].map((name) =>
      join(folder.path, uniqueName(name)),
    ) as [string, string, string];
    const args = ["--pidfile", pidfile, "-f", logfile, "-s", schedule, "-l", "INFO"];
    expect((await run("--detach", ...args)).code).toBe(0);
    const pid = Number(readFileSync(pidfile, "utf8"));
    try {
      await waitUntil(() => /sent periodic task/.test(readFileSync(logfile, "utf8")), { timeoutMs: 30_000 });
      const second = await run(...args);
      expect([second.code, second.text]).toEqual([
        73,
        expect.stringContaining(`process ${pid} is already running`),
      ]);
      const third = await run("-s", schedule);
      expect([third.code, third.text]).toEqual([
        73,
        expect.stringContaining(`process ${pid} keeps this schedule`),
      ]);
    } finally {
      process.kill(pid, "SIGTERM");
    }
    await waitUntil(() => !isAlive(pid), { timeoutMs: 30_000 });
    expect([pidfile, `${schedule}.lock`].map((path) => existsSync(path))).toEqual([false, false]);
  });

  const isRoot = process.getuid?.() === 0;
  if (!isRoot)
    process.stderr.write("\n!!! SKIPPED: q beat becomes another user\n!!! Only root may: run as root.\n\n");

  it.runIf(isRoot)("becomes the user that it is told to be", async () => {
    await using home = await tempFolder("beat-user");
    await chmod(home.path, 0o777);
    const [pidfile, schedule] = [join(home.path, "pid"), join(home.path, "schedule")];
    await using beat = q([
      "--uid",
      "65534",
      "--gid",
      "65534",
      "--umask",
      "027",
      "--pidfile",
      pidfile,
      "-s",
      schedule,
    ]);
    await beat.waitFor(/beat: started/, { timeoutMs: 30_000 });
    expect(readFileSync(`/proc/${beat.pid}/status`, "utf8")).toMatch(/^Uid:\t65534\t65534/m);
    const { uid, mode } = statSync(schedule);
    expect([uid, mode & 0o777]).toEqual([65_534, 0o640]);
    expect(await beat.stop("SIGTERM")).toEqual({ code: 0, signal: null });
  });

  it("takes what its options say from the settings too", async () => {
    const [pidfile, logfile, schedule] = ["pid", "log", "schedule"].map((name) =>
      join(folder.path, uniqueName(name)),
    ) as [string, string, string];
    await using beat = q([
      ...["-l", "INFO", "--", `beat.pidfile=${pidfile}`, `beat.logfile=${logfile}`],
      ...[`beat.schedule_filename=${schedule}`, "beat.max_loop_interval=7", "beat.sync_every=1"],
    ]);
    await beat.waitFor(/maxinterval -> 7 seconds/, { timeoutMs: 30_000 });
    await waitUntil(() => existsSync(logfile) && /sent periodic task/.test(readFileSync(logfile, "utf8")), {
      timeoutMs: 30_000,
    });
    expect([Number(readFileSync(pidfile, "utf8")), existsSync(schedule)]).toEqual([beat.pid, true]);
    expect(await beat.stop("SIGINT")).toEqual({ code: 0, signal: null });
  });

  it("runs a scheduler of one's own, with the entries of the app", async () => {
    await using beat = q(["-S", join(testFolder, "beat/commands-app.mjs")]);
    await beat.waitFor(/own scheduler of commands: often, yearly/, { timeoutMs: 30_000 });
    await beat.waitFor(/^beat:started false$/);
    expect(await beat.stop("SIGTERM")).toEqual({ code: 0, signal: null });
    expect(beat.lines).toContain("own scheduler: stopped");
  });
});
