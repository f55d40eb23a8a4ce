import { once } from "node:events";
import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Conf } from "./conf.ts";
import { loadDefaultConfig } from "./default-config.ts";
import { loadConfigModule } from "./load-config-module.ts";
import { symbolByName } from "./symbol-by-name.ts";

const cwd = mkdtempSync(join(tmpdir(), "q-conf-"));
const empty = join(cwd, "empty");

beforeAll(() => {
  mkdirSync(join(cwd, "proj"));
  mkdirSync(empty);
  mkdirSync(join(cwd, "node_modules", "settings-package"), { recursive: true });
  const files: Readonly<Record<string, string>> = {
    "celeryconfig.mjs": 'export const task_serializer = "yaml";',
    "proj/config.mjs":
      'export const production = { taskSerializer: "msgpack" }; export class Pool {}; export const deep = { a: { b: 1 } };',
    "old.cjs": 'module.exports = { staging: { taskSerializer: "text" } };',
    "plain.json": '{ "task_serializer": "binary" }',
    "broken.mjs": 'throw new Error("no such thing");',
    "node_modules/settings-package/package.json": '{ "name": "settings-package", "main": "main.cjs" }',
    "node_modules/settings-package/main.cjs": 'module.exports = { taskSerializer: "pickle" };',
  };
  for (const [name, source] of Object.entries(files)) writeFileSync(join(cwd, name), source);
});

afterAll(() => {
  rmSync(cwd, { recursive: true });
});

describe("a configuration module", () => {
  it.each([
    ["celeryconfig", "yaml"],
    ["./celeryconfig.mjs", "yaml"],
    ["proj.config:production", "msgpack"],
    ["./proj/config:production", "msgpack"],
    ["old:staging", "text"],
    ["plain", "binary"],
    ["settings-package", "pickle"],
  ])("may be written %s", async (specifier, serializer) => {
    const conf = new Conf({ env: {} });
    expect(await conf.configFromModule(specifier, { cwd })).toBe(true);
    expect(conf.settings.taskSerializer).toBe(serializer);
  });

  it("may be named in an environment variable", async () => {
    const conf = new Conf({ env: { MY_CONFIG: "proj.config:production" } });
    await conf.configFromEnvvar("MY_CONFIG", { cwd });
    expect(conf.settings.taskSerializer).toBe("msgpack");
    await expect(conf.configFromEnvvar("OTHER")).rejects.toThrow("The environment variable OTHER is not set");
    expect(await conf.configFromEnvvar("OTHER", { silent: true })).toBe(false);
  });

  it("that is missing is an error, unless that is fine", async () => {
    await expect(loadConfigModule("nowhere", { cwd })).rejects.toThrow('There is no module "nowhere"');
    expect(await loadConfigModule("nowhere", { cwd, silent: true })).toBeUndefined();
  });

  it("that fails is an error with its cause, silent or not", async () => {
    const loading = loadConfigModule("broken", { cwd, silent: true });
    await expect(loading).rejects.toThrow(/"broken" \(.*broken\.mjs\) cannot be imported: no such thing/);
    await expect(loading).rejects.toMatchObject({ cause: { message: "no such thing" } });
  });

  it("without the export that is asked for is an error with a hint", async () => {
    const loading = loadConfigModule("proj.config:productoin", { cwd });
    await expect(loading).rejects.toThrow('does not export "productoin". Did you mean "production"?');
    await expect(loadConfigModule("proj.config:deep.a.b", { cwd })).rejects.toThrow(
      "is no object with settings",
    );
  });
});

describe("a symbol by its name", () => {
  it("is an export of a module", async () => {
    expect(await symbolByName("./proj/config.mjs:Pool", { cwd })).toHaveProperty("name", "Pool");
    expect(await symbolByName("proj.config:deep.a.b", { cwd })).toBe(1);
  });

  it("needs a name behind the module, and both must exist", async () => {
    await expect(symbolByName("proj.config", { cwd })).rejects.toThrow("Write module:name");
    await expect(symbolByName("proj.config:Pol", { cwd })).rejects.toThrow('Did you mean "Pool"?');
    await expect(symbolByName("proj.config:toString", { cwd })).rejects.toThrow("does not export");
    await expect(symbolByName("proj.confic:Pool", { cwd })).rejects.toThrow(
      'There is no module "proj.confic"',
    );
  });
});

describe("the default configuration", () => {
  it("is the module celeryconfig", async () => {
    const conf = new Conf({ env: {} });
    expect(await loadDefaultConfig(conf, { cwd })).toBe(true);
    expect(conf.settings.taskSerializer).toBe("yaml");
  });

  it("that is missing is a warning, which can be silenced", async () => {
    const conf = new Conf({ env: {} });
    const warned = once(process, "warning");
    expect(await loadDefaultConfig(conf, { cwd: empty, isQuiet: true })).toBe(false);
    expect(await loadDefaultConfig(conf, { cwd: empty })).toBe(false);
    const [warning] = (await warned) as [Error];
    expect([warning.name, warning.message]).toEqual([
      "NotConfiguredWarning",
      expect.stringContaining("no celeryconfig module"),
    ]);
  });
});
