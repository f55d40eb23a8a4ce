import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, symlinkSync } from "node:fs";
import { userInfo } from "node:os";
import { expect, it } from "vitest";
import { parseAllDocuments } from "yaml";
import {
  freePort,
  nodeProcess,
  requires,
  startRedis,
  suiteResource,
  tempFolder,
  waitUntil,
} from "../harness/index.ts";
import { repository } from "./code-blocks.ts";

const folder = `${repository}docs/examples/deploy`;
const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) =>
  /\.\w+$|Dockerfile|workers$|q-beat$/.test(name),
);
const textOf = (name: string): string => readFileSync(`${folder}/${name}`, "utf8");

/** Options that the reference of the command line lists for a command. */
function optionsOf(command: string): Set<string> {
  const reference = readFileSync(`${repository}docs/reference/cli.md`, "utf8");
  const section = new RegExp(`^## \`q ${command}\`$(.*?)(?=^## |(?![^]))`, "ms").exec(reference)?.[1] ?? "";
  return new Set(section.match(/--[a-z][\w-]*/g));
}

it("gives q only options that it has", () => {
  const known = new Set(["worker", "beat", "multi"].flatMap((command) => [...optionsOf(command)]));
  const used = files
    .filter((name) => !/compose|README/.test(name))
    .flatMap((name) =>
      textOf(name)
        .split("\n")
        .filter((line) => !line.startsWith("#") && /\bq\b|"worker"|"beat"/.test(line)),
    )
    .flatMap((line) => line.match(/--[a-z][\w-]*/g) ?? [])
    .filter(
      (option) => !["--no-install", "--omit", "--interval", "--timeout", "--start-period"].includes(option),
    );
  expect(used.length).toBeGreaterThan(10);
  expect([...new Set(used)].filter((option) => !known.has(option))).toEqual([]);
});

it("holds YAML and shell that can be read", () => {
  for (const name of files.filter((one) => one.endsWith(".yaml")))
    for (const document of parseAllDocuments(textOf(name))) expect(document.errors, name).toEqual([]);
  for (const name of readdirSync(`${folder}/sysv`))
    expect(spawnSync("sh", ["-n", `${folder}/sysv/${name}`]).status, name).toBe(0);
});

requires("redis")("the unit of a worker", () => {
  const redis = suiteResource(() => startRedis());

  it("starts what ends in order on TERM, which goes to its main process only", async () => {
    await using home = await tempFolder("unit");
    mkdirSync(`${home.path}/node_modules/@q`, { recursive: true });
    symlinkSync(`${repository}packages/cli`, `${home.path}/node_modules/@q/cli`);
    const start = /^ExecStart=(.*)$/m.exec(textOf("systemd/q-worker.service"))?.[1] ?? "";
    const port = String(await freePort());
    const words = start
      .replace("${Q_APP}", `${repository}test-integration/recovery/app.mjs`)
      .replace("${Q_LOG_LEVEL}", "INFO")
      .replace("$Q_WORKER_OPTS", "-P async -c 1")
      .replaceAll("%%", "%")
      .replace("9808", port)
      .split(" ");
    const child = spawn(words[0] ?? "", words.slice(1), {
      cwd: home.path,
      env: { ...process.env, BROKER_URL: redis().url },
      stdio: "ignore",
    });
    const exited = new Promise((resolve) => child.once("exit", (code, signal) => resolve({ code, signal })));
    try {
      await waitUntil(
        () =>
          fetch(`http://127.0.0.1:${port}/ready`).then(
            ({ ok }) => ok,
            () => false,
          ),
        { timeoutMs: 30_000 },
      );
      child.kill("SIGTERM");
      expect(await exited).toEqual({ code: 0, signal: null });
    } finally {
      child.kill("SIGKILL");
    }
  });
});

requires("redis")("the init script", () => {
  const redis = suiteResource(() => startRedis());

  it("starts, reports and stops workers", async () => {
    await using home = await tempFolder("sysv");
    const env = {
      PATH: process.env["PATH"],
      Q_DEFAULTS: `${home.path}/none`,
      Q_BIN: `${process.execPath} ${repository}packages/cli/bin/q.js`,
      Q_APP: "recovery/app.mjs",
      Q_CHDIR: `${repository}test-integration`,
      Q_USER: userInfo().username,
      Q_GROUP: String(userInfo().gid),
      Q_NODES: "1",
      Q_PID_FILE: `${home.path}/run/%n.pid`,
      Q_LOG_FILE: `${home.path}/log/%n.log`,
      Q_WORKER_OPTS: "-P async",
      BROKER_URL: redis().url,
    };
    const script = async (command: string): Promise<{ code: number | null; text: string }> => {
      const program = nodeProcess(
        "test-integration/docs/run-script.mjs",
        [`${folder}/sysv/q-workers`, command],
        { env },
      );
      const { code } = await program.exited;
      return { code, text: program.lines.join("\n") };
    };
    try {
      expect((await script("dryrun")).text).toContain("worker --detach");
      expect(await script("start")).toMatchObject({ code: 0 });
      expect(await script("status")).toMatchObject({
        code: 0,
        text: expect.stringContaining("celery1 is up") as string,
      });
      expect(await script("stop")).toMatchObject({ code: 0 });
      expect((await script("status")).code).not.toBe(0);
      expect(await script("dance")).toMatchObject({ code: 64 });
    } finally {
      await script("kill");
    }
  });
});

it("has an init script that starts, reports, restarts and stops a beat", async () => {
  await using home = await tempFolder("sysv");
  const env = {
    PATH: process.env["PATH"],
    Q_DEFAULTS: `${home.path}/none`,
    Q_BIN: `${process.execPath} ${repository}packages/cli/bin/q.js`,
    Q_APP: "beat/commands-app.mjs",
    Q_CHDIR: `${repository}test-integration`,
    Q_USER: userInfo().username,
    Q_GROUP: String(userInfo().gid),
    Q_BEAT_PID_FILE: `${home.path}/run/beat.pid`,
    Q_BEAT_LOG_FILE: `${home.path}/log/beat.log`,
    Q_BEAT_SCHEDULE: `${home.path}/lib/schedule`,
  };
  const script = async (command: string): Promise<{ code: number | null; text: string }> => {
    const args = [`${folder}/sysv/q-beat`, command];
    const program = nodeProcess("test-integration/docs/run-script.mjs", args, { env });
    const { code } = await program.exited;
    return { code, text: program.lines.join("\n") };
  };
  const up = (pid: string): unknown => ({ code: 0, text: `q-beat is up, process ${pid}` });
  const pid = (): string => readFileSync(env.Q_BEAT_PID_FILE, "utf8").trim();
  try {
    expect(await script("start")).toMatchObject({ code: 0 });
    const first = pid();
    expect(await script("status")).toEqual(up(first));
    expect(await script("restart")).toMatchObject({ code: 0 });
    expect(pid()).not.toBe(first);
    expect(await script("status")).toEqual(up(pid()));
    expect(await script("stop")).toMatchObject({ code: 0 });
    expect(await script("status")).toEqual({ code: 3, text: "q-beat is down" });
    expect(await script("dance")).toMatchObject({ code: 64 });
  } finally {
    await script("stop");
  }
});
