import { resolve } from "node:path";
import type { Options } from "yargs";
import { valueOf } from "../command-line/argv.ts";
import type { LazyCommand } from "../commands/index.ts";
import type { Io } from "../io.ts";
import { appOptions } from "./app-options.ts";
import { pluginCommands } from "./plugin-commands.ts";

/** What others add to the command line. */
export interface Extensions {
  /** Commands of installed packages, by their usage. */
  readonly commands: Readonly<Record<string, LazyCommand>>;
  /** Options that the app adds to a command. */
  readonly optionsOf: (command: string) => Readonly<Record<string, Options>>;
}

export const noExtensions: Extensions = { commands: {}, optionsOf: () => ({}) };

/** Looks into the project's packages, and into the app that the command line names. */
export async function findExtensions(argv: readonly string[], io: Io): Promise<Extensions> {
  const folder = resolve(valueOf(argv, "--workdir") ?? io.env["CELERY_WORKDIR"] ?? ".");
  const specifier = valueOf(argv, "-A", "--app") ?? io.env["CELERY_APP"];
  return {
    commands: pluginCommands(folder),
    optionsOf: specifier === undefined ? noExtensions.optionsOf : await appOptions(specifier, folder),
  };
}
