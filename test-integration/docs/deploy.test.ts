import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { userInfo } from "node:os";
import { expect, it } from "vitest";
import { parseAllDocuments } from "yaml";
import { nodeProcess, requires, startRedis, suiteResource, tempFolder } from "../harness/index.ts";
import { repository } from "./code-blocks.ts";

const folder = `${repository}docs/examples/deploy`;
const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) =>
  /\.\w+$|Dockerfile|workers$/.test(name),
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
  expect(spawnSync("sh", ["-n", `${folder}/sysv/q-workers`]).status).toBe(0);
});

requires("redis")("the init script", () => {
  const redis = suiteResource(() => startRedis());

  it("starts, reports and stops workers", { timeout: 60_000 }, async () => {
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
