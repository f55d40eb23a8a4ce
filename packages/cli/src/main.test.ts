import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createApp } from "@q/core";
import { Worker } from "@q/worker";
import type { Io } from "./io.ts";
import { main } from "./main.ts";
import { version } from "./version.ts";

const before = process.cwd();
let folder: string;
let name: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "q-main-"));
  name = crypto.randomUUID();
});
afterEach(() => {
  process.chdir(before);
  rmSync(folder, { recursive: true });
});

interface Run {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs `q` on a broker and a result store in memory, in a folder of its own. */
async function q(argv: readonly string[], parts: Partial<Io> = {}): Promise<Run> {
  const [out, err]: [string[], string[]] = [[], []];
  const io: Io = {
    env: { CELERY_BROKER_URL: `memory://${name}`, CELERY_RESULT_BACKEND: `cache+memory://${name}` },
    out: (line) => void out.push(line),
    err: (line) => void err.push(line),
    ask: async () => "",
    color: false,
    ...parts,
  };
  const options = [
    "--workdir",
    folder,
    "-b",
    `memory://${name}`,
    "--result-backend",
    `cache+memory://${name}`,
  ];
  const code = await main([...argv, ...options], io);
  return { code, out: out.join("\n"), err: err.join("\n") };
}

const memoryApp = () => createApp("test", { broker: `memory://${name}`, backend: `cache+memory://${name}` });

describe("q", () => {
  it("prints its version and its help", async () => {
    expect((await q(["--version"])).out).toBe(version);
    const { code, out } = await q(["--help"]);
    expect([code, out]).toEqual([
      0,
      expect.stringMatching(/worker[^]*call[^]*result[^]*purge[^]*report[^]*shell/),
    ]);
  });

  it.each([
    [[], 64, /Which command\?/],
    [["wroker"], 64, /no command "wroker"\. Did you mean "worker"\?/],
    [["call"], 64, /Not enough/],
    [["report", "--no-such-option"], 64, /Unknown argument/],
    [["config"], 64, /q config check/],
    [["worker"], 64, /Which app\? Name it with -A/],
    [["-A", "nowhere", "report"], 64, /nowhere/],
  ] as const)("refuses %j with exit code %i", async (argv, code, message) => {
    const run = await q(argv);
    expect(run.code).toBe(code);
    expect(run.err).toMatch(message);
    expect(run.err).toMatch(/^q: /);
  });

  it("refuses a folder that does not exist", async () => {
    const io: Io = { env: {}, out: () => {}, err: () => {}, ask: async () => "", color: false };
    expect(await main(["report", "--workdir", join(folder, "missing")], io)).toBe(64);
  });

  it("takes the app from its folder, and from the environment", async () => {
    Object.assign(globalThis, { mainTest: { app: createApp("from-file") } });
    writeFileSync(join(folder, "tasks.mjs"), "export const app = globalThis.mainTest.app;");
    const report = async (argv: string[], env: Io["env"]): Promise<unknown> => {
      const { out } = await q([...argv, "report", "--json"], { env });
      return (JSON.parse(out) as { app: { name: string } }).app.name;
    };
    expect(await report(["-A", "tasks"], {})).toBe("from-file");
    expect(await report([], { CELERY_APP: "tasks:app" })).toBe("from-file");
    expect(await report([], { C_WNOCONF: "1" })).toBe("default");
  });
});

describe("q call and q result", () => {
  it("send a task by name and print what became of it", async () => {
    await using app = memoryApp();
    app.task({ name: "t.join", params: ["a", "b"] }, (a: string, b: string) => ({ joined: a + b }));
    await using worker = new Worker(app, { concurrency: 1 });
    await worker.start();
    const call = await q(["call", "t.join", "-a", '["x"]', "-k", '{"b": "y"}']);
    expect([call.code, call.out]).toEqual([0, expect.stringMatching(/^[0-9a-f-]{36}$/)]);
    expect(await q(["result", call.out, "--wait", "10"])).toMatchObject({ code: 0, out: '{"joined":"xy"}' });
    const json = await q(["result", call.out, "--json"]);
    expect(JSON.parse(json.out)).toMatchObject({ id: call.out, status: "SUCCESS", result: { joined: "xy" } });
  });

  it("exit with 1 for a failed task, and print its error or its stack", async () => {
    await using app = memoryApp();
    app.task("t.fail", () => {
      throw new RangeError("out of range");
    });
    await using worker = new Worker(app, { concurrency: 1 });
    await worker.start();
    const { out: id } = await q(["call", "t.fail"]);
    expect(await q(["result", id, "--wait", "10"])).toMatchObject({
      code: 1,
      out: "RangeError: out of range",
    });
    expect((await q(["result", id, "--traceback"])).out).toContain("main.test.ts");
  });

  it("know nothing of an id that was never sent", async () => {
    expect(await q(["result", "nothing"])).toMatchObject({ code: 0, out: "PENDING" });
  });

  it.each([
    [["-a", "[1"], /--args is not JSON/],
    [["-a", '{"x": 1}'], /--args must be a JSON array/],
    [["-k", "[1]"], /--kwargs must be a JSON object/],
  ] as const)("refuse arguments that are none: %j", async (argv, message) => {
    const { code, err } = await q(["call", "t.x", ...argv]);
    expect([code, err]).toEqual([64, expect.stringMatching(message)]);
  });
});

describe("q purge", () => {
  it("removes what waits, once it is sure", async () => {
    const asked: string[] = [];
    for (let n = 0; n < 3; n++) await q(["call", "t.x"]);
    expect(await q(["purge"])).toMatchObject({
      code: 1,
      err: expect.stringContaining("Nothing was purged") as string,
    });
    const ask = async (question: string): Promise<string> => {
      asked.push(question);
      return "yes";
    };
    expect(await q(["purge"], { ask })).toMatchObject({ code: 0, out: "Purged 3 messages from 1 queues." });
    expect(asked).toHaveLength(1);
    await q(["call", "t.x", "--queue", "other"]);
    const purged = await q(["purge", "-f", "-Q", "other,celery", "--json"]);
    expect(JSON.parse(purged.out)).toEqual({ purged: 1, queues: { other: 1, celery: 0 } });
  });
});

describe("q config check and q report", () => {
  it("accept a configuration, and mask its secrets", async () => {
    const check = await q(["config", "check"]);
    expect([check.code, check.out]).toEqual([0, expect.stringMatching(/^OK: \d+ settings, broker memory:/)]);
    const io = { env: { C_WNOCONF: "1" } };
    const report = await q(["report", "-b", "redis://:s3cret@localhost"], io);
    expect([report.code, report.out.includes("s3cret")]).toEqual([0, false]);
  });

  it("refuse one that cannot be, with the reason", async () => {
    const io: Io = {
      env: { C_WNOCONF: "1" },
      out: () => {},
      err: (line) => void errors.push(line),
      ask: async () => "",
      color: false,
    };
    const errors: string[] = [];
    const code = await main(["config", "check", "--workdir", folder, "--", "worker_concurency=4"], io);
    expect([code, errors.join("\n")]).toEqual([
      1,
      expect.stringMatching(/worker_concurency.*worker_concurrency/),
    ]);
  });
});
