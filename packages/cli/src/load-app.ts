import { type App, createApp } from "@q/core";
import { asError } from "@q/kernel";
import * as loading from "@q/worker/internal";
import { UsageError } from "./errors.ts";

/** As the worker's own `loadApp`. @throws {UsageError} when there is no such module, it cannot be imported, or holds no app */
export function loadApp(specifier: string, cwd: string): Promise<App> {
  return asUsage(loading.loadApp(specifier, cwd));
}

/** Imports what defines the tasks of an app. @throws {UsageError} when a module is missing or cannot be imported */
export function importTasks(app: App, cwd: string, more: readonly string[] = []): Promise<void> {
  return asUsage(loading.importTasks(app, cwd, more));
}

/** Makes Node able to import the module, should it be TypeScript. @throws {UsageError} when it cannot be */
export function prepareModule(path: string, cwd: string): Promise<void> {
  return asUsage(loading.prepareModule(path, cwd));
}

/** The default app of commands that work without one. */
export function anonymousApp(): App {
  return createApp("default");
}

/** What cannot be loaded was named wrongly on the command line: exit code 64. */
async function asUsage<TValue>(loaded: Promise<TValue>): Promise<TValue> {
  try {
    return await loaded;
  } catch (error) {
    throw new UsageError(asError(error).message, { cause: error });
  }
}
