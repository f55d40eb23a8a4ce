import { COMMANDS } from "../commands/index.ts";
import type { Io } from "../io.ts";
import { wordOf } from "./hints.ts";
import { globalOptions } from "../global-options.ts";

/** How the scripts of `q completion` ask. What follows is the line, with the word that is being typed at its end. */
export const COMPLETIONS = "--get-yargs-completions";

/** Global options that have a value. */
const WITH_VALUE: ReadonlySet<string> = new Set(
  Object.entries(globalOptions).flatMap(([name, { type, ...rest }]) =>
    type === "boolean" ? [] : [`--${name}`, ...("alias" in rest ? [`-${rest.alias}`] : [])],
  ),
);

/**
 * What a command takes behind its name: of that the parser knows nothing, only of commands and options. `undefined`
 * when something else is being typed.
 */
export async function completedWords(
  argv: readonly string[],
  io: Io,
): Promise<readonly string[] | undefined> {
  if (argv[0] !== COMPLETIONS) return undefined;
  const typed = argv.slice(2);
  const current = typed.at(-1) ?? "";
  const at = typed.findIndex(
    (word, place) => !word.startsWith("-") && !WITH_VALUE.has(typed[place - 1] ?? ""),
  );
  if (current.startsWith("-") || at < 0 || at !== typed.length - 2) return undefined;
  const command = Object.entries(COMMANDS).find(([usage]) => wordOf(usage) === typed[at])?.[1];
  const words = await (await command?.load())?.words?.(typed, io);
  return words?.filter((word) => word.startsWith(current));
}

/** Without the short names of options that the parser offers with two dashes. */
export function withoutDoubledDashes(completions: string): string {
  return completions.replaceAll(/^--[^-]$\n?/gm, "").trimEnd();
}
