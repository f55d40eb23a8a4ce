import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createApp } from "@q/core";
import { UsageError } from "./errors.ts";
import { loadApp } from "./load-app.ts";

const app = createApp("found", { broker: "memory://" });
const other = createApp("other", { broker: "memory://" });
let folder: string;

beforeEach(() => {
  // Modules in a temporary folder cannot import the package: they take their app from here.
  Object.assign(globalThis, { loadAppTest: { app, other } });
  folder = mkdtempSync(join(tmpdir(), "q-load-app-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

function write(files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), `const { app: found, other } = globalThis.loadAppTest;\n${text}`);
  }
}

describe("the app that -A names", () => {
  it.each([
    [
      "an export named app, before any other",
      "tasks",
      { "tasks.mjs": "export const a = other; export const app = found;" },
    ],
    [
      "an export named celery",
      "tasks",
      { "tasks.mjs": "export const a = other; export const celery = found;" },
    ],
    ["the default export", "tasks", { "tasks.mjs": "export const a = other; export default found;" }],
    ["any app among the exports", "tasks", { "tasks.mjs": "export const n = 5; export const mine = found;" }],
    ["an export of a CommonJS module", "tasks", { "tasks.cjs": "exports.mine = found;" }],
    ["in a folder below", "proj.tasks", { "proj/tasks.mjs": "export const app = found;" }],
    ["in a folder below, as a path", "./proj/tasks.mjs", { "proj/tasks.mjs": "export const app = found;" }],
    ["in the module app of a package", "proj", { "proj/app.mjs": "export const app = found;" }],
    ["in the module celery of a package", "proj", { "proj/celery.mjs": "export const app = found;" }],
    [
      "exactly the named export",
      "tasks:mine",
      { "tasks.mjs": "export const app = other; export const mine = found;" },
    ],
    ["part of a named export", "tasks:all.mine", { "tasks.mjs": "export const all = { mine: found };" }],
  ] as const)("is %s", async (_what, specifier, files) => {
    write(files as Readonly<Record<string, string>>);
    expect((await loadApp(specifier, folder)).name).toBe("found");
  });

  it.each([
    ["there is no such module", "nowhere", {}, /nowhere/],
    [
      "the module holds no app",
      "empty",
      { "empty.mjs": "export const app = 5;" },
      /No app was found in "empty"/,
    ],
    [
      "the named export is no app",
      "empty:app",
      { "empty.mjs": "export const app = 5;" },
      /"empty:app" is not an app/,
    ],
    ["there is no such export", "empty:gone", { "empty.mjs": "export const app = 5;" }, /gone/],
    ["the module throws", "broken", { "broken.mjs": "throw new Error('on purpose');" }, /on purpose/],
  ] as const)("is a usage error when %s", async (...[, specifier, files, message]) => {
    write(files as Readonly<Record<string, string>>);
    const error: unknown = await loadApp(specifier, folder).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(UsageError);
    expect((error as UsageError).message).toMatch(message);
  });
});
