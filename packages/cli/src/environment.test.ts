import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { withEnvironment } from "./environment.ts";
import type { Io } from "./io.ts";
import { main } from "./main.ts";

const options = {
  "soft-limit": { type: "number", describe: "a number" },
  quiet: { type: "boolean", describe: "a switch" },
  form: { choices: ["text", "json"], describe: "one of them" },
  broker: { type: "string", describe: "a URL [env: CELERY_BROKER_URL]" },
} as const;
const read = (env: Record<string, string>) => withEnvironment(options, { prefix: "CELERY_worker", env });

describe("an option's environment variable", () => {
  it("is named after its command and itself, and gives its default in its type", () => {
    const env = { CELERY_WORKER_SOFT_LIMIT: "2.5", CELERY_WORKER_QUIET: "Yes" };
    expect(read(env)).toMatchObject({ "soft-limit": { default: 2.5 }, quiet: { default: true } });
    expect(read({ CELERY_WORKER_QUIET: "off", CELERY_WORKER_SOFT_LIMIT: "" })).toMatchObject({
      "soft-limit": options["soft-limit"],
      quiet: { default: false },
    });
  });

  it("is not made up for options that have another", () => {
    expect(read({ CELERY_WORKER_BROKER: "redis://" })).toEqual(options);
  });

  it.each([
    { CELERY_WORKER_SOFT_LIMIT: "ten" },
    { CELERY_WORKER_QUIET: "maybe" },
    { CELERY_WORKER_FORM: "yaml" },
  ])("is refused: %o", (env) => {
    expect(() => read(env as Record<string, string>)).toThrow(expect.objectContaining({ exitCode: 64 }));
  });
});

/** Runs `q` and gives back its exit code and what it wrote. */
async function q(
  argv: string[],
  env: Record<string, string> = {},
): Promise<{ code: number; out: string; err: string }> {
  const [out, err]: [string[], string[]] = [[], []];
  const io: Io = {
    env,
    out: (line) => void out.push(line),
    err: (line) => void err.push(line),
    ask: async () => "",
    color: false,
  };
  const code = await main(argv, io);
  return { code, out: out.join("\n"), err: err.join("\n") };
}

describe("q without an app", () => {
  const before = process.cwd();
  beforeEach(() => process.chdir(mkdtempSync(join(tmpdir(), "q-cli-"))));
  afterEach(() => process.chdir(before));

  it("is configured by celeryconfig in the working directory", async () => {
    writeFileSync(
      "celeryconfig.mjs",
      `export const broker_url = "memory://"; export const task_serializer = "yaml";`,
    );
    const { code, out } = await q(["config", "check"]);
    expect([code, out]).toEqual([0, "OK: 2 settings, 0 tasks, broker memory:///"]);
  });

  it("is configured by the module that --config or CELERY_CONFIG_MODULE names", async () => {
    writeFileSync("celeryconfig.mjs", `export const broker_url = "not this one";`);
    writeFileSync("other.mjs", `export const broker_url = "memory://other";`);
    expect((await q(["--config", "other", "config", "check"])).out).toContain("memory://other");
    expect((await q(["config", "check"], { CELERY_CONFIG_MODULE: "other" })).out).toContain("memory://other");
    expect(await q(["--config", "nowhere", "config", "check"])).toMatchObject({
      code: 64,
      err: expect.stringContaining("nowhere") as string,
    });
  });

  it("enters the directory of CELERY_WORKDIR, as of --workdir", async () => {
    const there = mkdtempSync(join(tmpdir(), "q-cli-"));
    writeFileSync(join(there, "celeryconfig.mjs"), `export const broker_url = "memory://there";`);
    expect((await q(["config", "check"], { CELERY_WORKDIR: there })).out).toContain("memory://there");
  });
});

it("tells what the programs of old Celery versions are called now", async () => {
  expect(await q(["celeryd"])).toMatchObject({
    code: 64,
    err: expect.stringContaining("is now q worker") as string,
  });
});
