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
    expect((await q(["help"])).out).toBe(out);
    expect((await q(["help", "purge"])).out).toMatch(/^q purge\n/);
  });

  it.each([
    [[], 64, /Which command\? worker, .*\. See q --help \[/],
    [["wroker"], 64, /no command "wroker"\. Did you mean "worker"\?/],
    [["call"], 64, /usage: q call <name>\./],
    [["beat", "run"], 64, /usage: q beat run <name>\./],
    [["upgrade", "settings"], 64, /usage: q upgrade settings <file>\./],
    [["report", "--no-such-option"], 64, /Unknown argument/],
    [["worker", "--concurency", "3"], 64, /concurency\. Did you mean --concurrency\?/],
    [
      ["worker", "--max-task-per-child", "3"],
      64,
      /: Unknown argument: max-task-per-child\. Did you mean --max-/,
    ],
    [["worker", "--a-b", "--a-b", "-z"], 64, /: Unknown arguments: a-b, z\./],
    [["worker", "-c", "many"], 64, /--concurrency wants a number/],
    [["worker", "-Q"], 64, /Not enough arguments following: Q/],
    [["call", "t.x", "--countdown", "soon"], 64, /--countdown wants a number/],
    [["config"], 64, /q config check/],
    [["worker"], 64, /Which app\? Name it with -A/],
    [["-A", "nowhere", "report"], 64, /nowhere/],
  ] as const)("refuses %j with exit code %i", async (argv, code, message) => {
    const run = await q(argv);
    expect(run.code).toBe(code);
    expect(run.err).toMatch(message);
    expect(run.err).toMatch(/^q: /);
  });

  it.each([
    ["rdis://localhost", 64, /Did you mean "redis"\?/],
    ["localhost", 64, /has no ":\/\/"/],
    ["redis://localhost:1", 69, /ECONNREFUSED/],
  ])("refuses the broker %s with exit code %i, soon", async (broker, code, message) => {
    for (const argv of [
      ["call", "t.x"],
      ["purge", "-f"],
    ]) {
      const lines: string[] = [];
      const io = { env: { C_WNOCONF: "1" }, out: () => {}, err: (line: string) => void lines.push(line) };
      const ended = await main([...argv, "-b", broker], { ...io, ask: async () => "", color: false });
      expect([ended, lines.join("\n")]).toEqual([code, expect.stringMatching(message)]);
    }
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
    expect(await q(["purge"], { ask })).toMatchObject({ code: 0, out: "Purged 3 messages from 1 queue." });
    expect(asked).toHaveLength(1);
    await q(["call", "t.x", "--queue", "other"]);
    const purged = await q(["purge", "-f", "-Q", "other,celery", "--json"]);
    expect(JSON.parse(purged.out)).toEqual({ purged: 1, queues: { other: 1, celery: 0 } });
  });
});

describe("q config check and q report", () => {
  it("accept a configuration, and mask its secrets", async () => {
    const check = await q(["config", "check"]);
    expect([check.code, check.out]).toEqual([
      0,
      expect.stringMatching(/^OK: \d+ settings, 0 tasks, broker memory:/),
    ]);
    const io = { env: { C_WNOCONF: "1" } };
    const report = await q(["report", "-b", "redis://:s3cret@localhost"], io);
    expect([report.code, report.out.includes("s3cret")]).toEqual([0, false]);
  });

  it("shows where a module of the app has thrown", async () => {
    writeFileSync(
      join(folder, "broken.mjs"),
      "function boom() {\n  throw new RangeError('out of range');\n}\nboom();",
    );
    const { code, err } = await q(["-A", "broken", "config", "check"]);
    expect(code).toBe(64);
    expect(err).toMatch(
      /^q: The module "broken" .* cannot be imported: out of range .*\nRangeError: out of range\n/,
    );
    expect(err).toContain("broken.mjs:2:");
  });

  it.each<[string, object, RegExp]>([
    ["a route", { taskRoutes: { "t.*": { que: "x" } } }, /task_routes: .*Did you mean "queue"/],
    [
      "an annotation",
      { taskAnnotations: { "*": { rateLimt: "1/s" } } },
      /no option "rateLimt"\. Did you mean "rateLimit"/,
    ],
    ["a serializer", { taskSerializer: "jsn" }, /serializer "jsn" is not registered/],
    ["a module", { include: ["./nowhere.mjs"] }, /There is no module "\.\/nowhere\.mjs"/],
    ["a result backend", { backend: "rediss-://x" }, /no result backend is registered/],
    [
      "an option of the broker",
      { broker: "redis://localhost:1", brokerTransportOptions: { visibilty_timeout: 5 } },
      /no option "visibilty_timeout".*"visibility_?[tT]imeout"/,
    ],
  ])("refuses %s that a worker would trip over", async (_what, options, message) => {
    const app = createApp("wrong", { broker: "memory://", ...options });
    app.task("t.add", () => 1);
    Object.assign(globalThis, { wrongApp: app });
    writeFileSync(join(folder, `${name}.mjs`), "export const app = globalThis.wrongApp;");
    const lines: string[] = [];
    const io = {
      env: {},
      out: () => {},
      err: (line: string) => void lines.push(line),
      ask: async () => "",
      color: false,
    };
    const code = await main(["-A", name, "--workdir", folder, "config", "check"], io);
    expect([code, lines.join("\n")]).toEqual([64, expect.stringMatching(message)]);
  });

  it("warns of a broker that is away, and is content otherwise", async () => {
    const lines: string[] = [];
    const io = { env: { C_WNOCONF: "1" }, out: () => {}, err: (line: string) => void lines.push(line) };
    const code = await main(["config", "check", "--workdir", folder, "-b", "redis://localhost:1"], {
      ...io,
      ask: async () => "",
      color: false,
    });
    expect([code, lines]).toEqual([0, [expect.stringMatching(/^warning: .*ECONNREFUSED/)]]);
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
      64,
      expect.stringMatching(/worker_concurency.*worker_concurrency/),
    ]);
  });
});
