import { isDeepStrictEqual } from "node:util";
import type { App } from "@q/core";

/** Where an app is, so that a process that does not have it can load it. */
export interface AppModule {
  /** As for `q -A`: `./tasks.ts`, `proj.tasks:app`; or a `file:` URL such as `import.meta.url`. */
  readonly module: string;
  /** Where relative names start. Default the working directory. */
  readonly cwd?: string;
  /** Modules to import after those of the settings `imports` and `include`. */
  readonly include?: readonly string[];
}

/** The settings that somebody has set, as far as they are plain data; functions and objects of classes stay behind. */
export function portableSettings(app: App): Readonly<Record<string, unknown>> {
  const given = Object.entries(app.config.table({ censored: false }));
  return Object.fromEntries(given.filter(([, value]) => isPlain(value)));
}

/** Gives an app that was loaded elsewhere the settings of its original, where they differ: they may have been changed since. */
export function adoptSettings(app: App, settings: Readonly<Record<string, unknown>>): void {
  const own = app.config.table({ withDefaults: true, censored: false });
  const changed = Object.entries(settings).filter(([name, value]) => !isDeepStrictEqual(own[name], value));
  if (changed.length > 0) app.config.override(Object.fromEntries(changed));
}

/** True for what arrives elsewhere as it left: primitive values, dates, and arrays and objects of such. */
function isPlain(value: unknown): boolean {
  if (value === null || typeof value !== "object") return !["function", "symbol"].includes(typeof value);
  if (value instanceof Date) return true;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== Array.prototype && prototype !== null) return false;
  return Object.values(value).every(isPlain);
}
