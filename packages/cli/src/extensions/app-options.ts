import type { App, UserOption, UserOptionScope } from "@q/core";
import type { Options } from "yargs";
import { loadApp } from "../load-app.ts";
import type { Extensions } from "./extensions.ts";

/** Commands that an app may add options to; those for `preload` are for every command. */
const SCOPES: ReadonlySet<string> = new Set(["worker", "beat", "events"] satisfies UserOptionScope[]);

/** What an app adds to commands. One that cannot be loaded adds nothing: the command itself will say why. */
export async function appOptions(specifier: string, folder: string): Promise<Extensions["optionsOf"]> {
  try {
    const app = await loadApp(specifier, folder);
    return (command) =>
      Object.fromEntries(optionsFor(app, command).map(([name, option]) => [name, forParser(option)]));
  } catch {
    return () => ({});
  }
}

/** Options of the app for a command, by their names. */
export function optionsFor(app: App, command: string): [name: string, option: UserOption][] {
  // The project's copy of core may be older.
  const { userOptions } = app as Partial<App>;
  const own = SCOPES.has(command) ? userOptions?.of(command as UserOptionScope) : {};
  return Object.entries({ ...userOptions?.of("preload"), ...own });
}

/** An option in the form of the parser. */
export function forParser({ choices, ...option }: UserOption): Options {
  return { ...option, ...(choices && { choices: [...choices] }) };
}
