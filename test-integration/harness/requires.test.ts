import { describe, expect, it } from "vitest";
import { ChildProgram, tempFolder } from "./index.ts";
import { writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

const repository = fileURLToPath(new URL("../..", import.meta.url));
const requiresModule = new URL("requires.ts", import.meta.url).href;

/** Runs a suite that needs a Redis which is not there, in a test runner of its own. */
async function runWithoutRedis(
  env: Record<string, string | undefined>,
): Promise<{ code: number | null; log: string }> {
  await using folder = await tempFolder("requires");
  const text = `import { requires } from ${JSON.stringify(requiresModule)};
import { it } from ${JSON.stringify(import.meta.resolve("vitest"))};
requires("redis")("the suite in need", () => { it("does not run", () => { throw new Error("it ran"); }); });`;
  await writeFile(`${folder.path}/needy.test.ts`, text);
  await using run = new ChildProgram({
    name: "vitest",
    command: process.execPath,
    args: [`${repository}node_modules/vitest/vitest.mjs`, "run", "--root", folder.path],
    env: {
      Q_TEST_REDIS_SERVER: "/no/such/redis-server",
      NO_COLOR: "1",
      FORCE_COLOR: undefined,
      NODE_OPTIONS: undefined,
      VITEST: undefined,
      ...env,
    },
  });
  const { code } = await run.exited;
  return { code, log: run.lines.join("\n") };
}

describe("requires", () => {
  it("skips loudly on a developer's machine", async () => {
    const { code, log } = await runWithoutRedis({ CI: undefined });
    expect(log).toContain("!!! SKIPPED: the suite in need");
    expect(log).toContain("install redis-server");
    expect(log).toMatch(/1 skipped/);
    expect(code).toBe(0);
  });

  it("fails in CI", async () => {
    const { code, log } = await runWithoutRedis({ CI: "true" });
    expect(log).toMatch(/Error: Needs redis: install redis-server/);
    expect(log).toMatch(/1 failed/);
    expect(code).toBe(1);
  });
});
