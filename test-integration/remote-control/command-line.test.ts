import { expect, it } from "vitest";
import {
  ChildProgram,
  celeryVenv,
  nodeProcess,
  pythonFolder,
  pythonWorker,
  requires,
  startRedis,
  suiteResource,
} from "../harness/index.ts";
import { qWorker } from "../harness/q-worker.ts";

requires("redis", "python")("the command lines of Q and Celery", () => {
  const redis = suiteResource(() => startRedis());

  it("talk to the workers of both languages", async () => {
    const broker = redis().url;
    const [q, python] = await Promise.all([
      qWorker({ app: "interop-python/programs/interop-app.ts", broker, args: ["-P", "async", "-c", "1"] }),
      pythonWorker({ broker, backend: broker }),
    ]);
    await using _q = q;
    await using _python = python;
    const command = await celeryVenv();

    const celery = async (...args: string[]): Promise<[code: number | null, out: string]> => {
      const program = new ChildProgram({
        name: "celery",
        command,
        args: ["-m", "celery", "-b", broker, "--no-color", ...args],
        cwd: pythonFolder,
      });
      return [(await program.exited).code, program.lines.join("\n")];
    };
    const ours = async (...args: string[]): Promise<[code: number | null, out: string]> => {
      const program = nodeProcess("packages/cli/bin/q.js", ["-b", broker, ...args]);
      return [(await program.exited).code, program.lines.join("\n")];
    };

    for (const ask of [celery, ours]) {
      expect(await ask("status")).toEqual([0, expect.stringMatching(/q-\w+@[^]*2 nodes online/)]);
      const [code, stats] = await ask("inspect", "stats", "--json");
      const answers = JSON.parse(stats.split("\n").find((line) => line.startsWith("{")) ?? "") as object;
      expect([code, Object.values(answers).map((one: object) => "rusage" in one)]).toEqual([0, [true, true]]);
      const [, limited] = await ask("control", "rate_limit", "interop.add", "10/m");
      expect(limited.match(/new rate limit set successfully/g)).toHaveLength(2);
      expect((await ask("inspect", "ping", "-d", "nobody@nowhere", "-t", "0.2"))[0]).toBe(69);
    }
    await ours("control", "shutdown");
    expect((await Promise.all([q.exited, python.exited])).map(({ code }) => code)).toEqual([0, 0]);
  }, 120_000);
});

it("says that nobody answered, also on a broker that keeps no process alive", async () => {
  const program = nodeProcess("packages/cli/bin/q.js", ["-b", "memory://", "status", "-t", "0.2"]);
  expect((await program.exited).code).toBe(69);
});
