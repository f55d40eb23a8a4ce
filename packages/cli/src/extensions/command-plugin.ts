import type { App, UserOption } from "@q/core";
import type { Io } from "../io.ts";

/** What a command of another package works with. */
export interface CommandPluginContext {
  /** Its options and the parts of its usage, by name, and the global options. */
  readonly args: Readonly<Record<string, unknown>>;
  /** Where it reads and writes. */
  readonly io: Io;
  /** The app that `-A` names, or one for the broker of the command line. Whoever opens it closes it. */
  readonly openApp: () => Promise<App>;
}

/**
 * A command of another package: the default export of a module that its `package.json` names, by the command's usage:
 * `"q": { "commands": { "greet <name>": { "module": "./dist/greet.js", "describe": "greet somebody" } } }`.
 */
export interface CommandPlugin {
  readonly options?: Readonly<Record<string, UserOption>>;
  /** Returns the exit code; nothing means 0. What it throws is printed, and the code is 1. */
  readonly run: (context: CommandPluginContext) => Promise<number | void>;
}
