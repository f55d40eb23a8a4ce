import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createApp } from "@q/core";
import { expect, it } from "vitest";
import { importTasks } from "./load-app.ts";

const seen: string[] = ((globalThis as { importedModules?: string[] }).importedModules = []);

/** A folder of modules that tell when they are imported. */
function project(...modules: string[]): string {
  const folder = mkdtempSync(join(tmpdir(), "q-tasks-"));
  for (const module of modules) {
    mkdirSync(join(folder, module, ".."), { recursive: true });
    writeFileSync(join(folder, `${module}.mjs`), `globalThis.importedModules.push("${module}");`);
  }
  return folder;
}

it("imports the settings imports and include, then what the command line says, then what is discovered", async () => {
  const cwd = project("first", "second", "third", "users/tasks", "orders/tasks", "mail/jobs", "empty/other");
  const app = createApp("test", { imports: ["first"], include: ["second"] });
  app.autodiscoverTasks(["users", "./orders", "empty", "no-such-folder"]);
  app.autodiscoverTasks(() => ["mail"], { relatedName: "jobs" });
  await importTasks(app, cwd, ["third"]);
  expect(seen.splice(0)).toEqual(["first", "second", "third", "users/tasks", "orders/tasks", "mail/jobs"]);
});

it("discovers packages by their dotted names", async () => {
  const app = createApp("test");
  app.autodiscoverTasks(["proj.users"]);
  await importTasks(app, project("proj/users/tasks"));
  expect(seen.splice(0)).toEqual(["proj/users/tasks"]);
});

it("does not take a module that cannot be imported for a missing one", async () => {
  const cwd = mkdtempSync(join(tmpdir(), "q-tasks-"));
  mkdirSync(join(cwd, "users"));
  writeFileSync(join(cwd, "users/tasks.mjs"), `throw new Error("broken inside");`);
  const app = createApp("test");
  app.autodiscoverTasks(["users"]);
  await expect(importTasks(app, cwd)).rejects.toThrow("broken inside");
  await expect(importTasks(createApp("test", { imports: ["nowhere"] }), cwd)).rejects.toThrow("nowhere");
});
