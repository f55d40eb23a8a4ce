import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import type { Io } from "../io.ts";
import { main } from "../main.ts";

/** A folder with these files; an object is written as JSON. */
function project(files: Readonly<Record<string, string | object>>): string {
  const folder = mkdtempSync(join(tmpdir(), "q-extensions-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), typeof content === "string" ? content : JSON.stringify(content));
  }
  return folder;
}

/** What `q` has written, and its exit code. */
interface Said {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs `q` in a folder. */
const q = (folder: string, ...argv: string[]): Promise<Said> => run([...argv, "--workdir", folder]);

async function run(argv: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Said> {
  const [out, err]: [string[], string[]] = [[], []];
  const io: Io = {
    env: { C_WNOCONF: "1", ...env },
    out: (line) => void out.push(line),
    err: (line) => void err.push(line),
    ask: async () => "",
    color: false,
  };
  const before = process.cwd();
  const code = await main(argv, io).finally(() => process.chdir(before));
  return { code, out: out.join("\n"), err: err.join("\n") };
}

const core = JSON.stringify(import.meta.resolve("@q/core"));

describe("commands of other packages", () => {
  const folder = (): string =>
    project({
      "package.json": {
        name: "proj",
        dependencies: { "q-greet": "1", "q-bad": "1", missing: "1" },
        q: { commands: { own: { module: "./own.mjs", describe: "a command of the project" } } },
      },
      "own.mjs": "export default { run: () => 3 };",
      "node_modules/q-greet/package.json": {
        name: "q-greet",
        q: {
          commands: {
            "greet <name>": { module: "./greet.mjs", describe: "greet somebody" },
            "worker <anything>": { module: "./greet.mjs" },
          },
        },
      },
      "node_modules/q-greet/greet.mjs": `export default {
        options: { loud: { type: "boolean", alias: "L", describe: "shout" } },
        async run({ args, io, openApp }) {
          const app = await openApp();
          io.out((args.loud ? "HELLO" : "hello") + " " + args.name + " of " + app.name);
          await app.close();
        },
      };`,
      "node_modules/q-bad/package.json": {
        name: "q-bad",
        q: { commands: { gone: { module: "./gone.mjs" }, odd: 5, empty: { module: "./empty.mjs" } } },
      },
      "node_modules/q-bad/empty.mjs": "",
    });

  it("run with their options, and with the app", async () => {
    const place = folder();
    expect(await q(place, "greet", "Ada")).toEqual({ code: 0, out: "hello Ada of default", err: "" });
    expect((await q(place, "greet", "Ada", "-L")).out).toBe("HELLO Ada of default");
    expect((await q(place, "own")).code).toBe(3);
  });

  it("are found in the directory of CELERY_WORKDIR", async () => {
    const { out } = await run(["greet", "Ada"], { CELERY_WORKDIR: folder(), CELERY_GREET_LOUD: "yes" });
    expect(out).toBe("HELLO Ada of default");
  });

  it("are found from folders below, shown in the help, and do not replace ours", async () => {
    const place = folder();
    mkdirSync(join(place, "src"));
    const { out } = await q(join(place, "src"), "--help");
    expect(out).toMatch(/upgrade[^]*q own +a command of the project\n +q greet <name> +greet somebody\n/);
    expect(out).not.toContain("anything");
    expect((await q(place, "greet", "--help")).out).toMatch(/^q greet <name>[^]*--loud +shout/);
    expect((await q(place, "worker")).err).toContain("Which app?");
  });

  it.each([
    [["gret"], /no command "gret"\. Did you mean "greet"\?/],
    [["greet"], /usage: q greet <name>\./],
    [["greet", "x", "--laud"], /laud\. Did you mean --loud\?/],
    [["gone"], /"gone" of the package q-bad cannot be loaded: .*gone\.mjs/],
    [["odd"], /"odd" of the package q-bad names no "module"/],
    [["empty"], /"empty" of the package q-bad has no default export with a method "run"/],
  ])("refuse %j", async (argv, message) => {
    const { code, err } = await q(folder(), ...argv);
    expect([code, err]).toEqual([64, expect.stringMatching(message)]);
  });
});

describe("options of an app", () => {
  const folder = (): string =>
    project({
      "tasks.mjs": `import { createApp } from ${core};
        export const app = createApp("proj", { broker: "memory://" });
        app.userOptions.add("worker", { region: { type: "string", choices: ["eu", "us"], default: "eu" } });
        app.userOptions.add("preload", {
          tenant: { type: "string", alias: "T", describe: "whose tasks" },
          broker: { type: "number" },
        });
        app.events.on("options:parsed", (event) => globalThis.optionsTest?.push(event));`,
    });

  it("are told to the app, with their defaults", async () => {
    const told: unknown[] = [];
    Object.assign(globalThis, { optionsTest: told });
    onTestFinished(() => void Object.assign(globalThis, { optionsTest: undefined }));
    const place = folder();
    expect((await q(place, "-A", "tasks", "config", "check", "-T", "acme")).code).toBe(0);
    expect((await q(place, "--app=tasks", "config", "check")).code).toBe(0);
    expect(told).toEqual([
      { command: "config", options: { tenant: "acme", broker: undefined } },
      { command: "config", options: { tenant: undefined, broker: undefined } },
    ]);
  });

  it("may come from the environment, and are checked there", async () => {
    const told: unknown[] = [];
    Object.assign(globalThis, { optionsTest: told });
    onTestFinished(() => void Object.assign(globalThis, { optionsTest: undefined }));
    const env = { CELERY_APP: "tasks", CELERY_WORKDIR: folder() };
    await run(["config", "check"], { ...env, CELERY_CONFIG_TENANT: "acme" });
    await run(["config", "check", "--tenant", "typed"], { ...env, CELERY_CONFIG_TENANT: "acme" });
    expect(told).toMatchObject([{ options: { tenant: "acme" } }, { options: { tenant: "typed" } }]);
    expect(await run(["worker"], { ...env, CELERY_WORKER_REGION: "asia" })).toMatchObject({
      code: 64,
      err: expect.stringContaining("CELERY_WORKER_REGION is none of eu, us: asia") as string,
    });
  });

  it("are in the help and checked, where the app has them", async () => {
    const place = folder();
    const { out } = await q(place, "-A", "tasks", "worker", "--help");
    expect(out).toMatch(/Options of the app:\n +-T, --tenant +whose tasks.*\n +--region .*"eu", "us"/);
    expect((await q(place, "-A", "tasks", "worker", "--region", "asia")).err).toContain('Given: "asia"');
    expect((await q(place, "-A", "tasks", "purge", "--region", "eu")).err).toContain(
      "Unknown argument: region",
    );
    expect((await q(place, "purge", "--tenant", "acme")).err).toContain("Unknown argument: tenant");
  });
});
