import type { CommandSpec } from "@q/core";
import type { PanelArguments } from "./panel-command.ts";
import { pythonError } from "./python-error.ts";

/**
 * The arguments of a command of one's own in the types it names; others are left out.
 *
 * @throws an error named `TypeError` for a value that has no such form
 */
export function namedArguments(
  { name, args: types = {}, variadic }: CommandSpec,
  args: PanelArguments,
): PanelArguments {
  const named: Record<string, unknown> = {};
  for (const [argument, type] of Object.entries(types)) {
    const value = args[argument];
    if (value === undefined || value === null) continue;
    const converted = type(value);
    const isUsable = typeof value !== "object" && !Number.isNaN(converted);
    if (!isUsable)
      throw pythonError("TypeError", `${name}: argument ${argument} is no ${type.name.toLowerCase()}`);
    named[argument] = converted;
  }
  const rest = variadic === undefined ? undefined : args[variadic];
  if (variadic === undefined || rest === undefined || rest === null) return named;
  const texts: readonly unknown[] = Array.isArray(rest) ? rest : [rest];
  if (!texts.every((text) => typeof text === "string"))
    throw pythonError("TypeError", `${name}: argument ${variadic} is no list of strings`);
  named[variadic] = texts;
  return named;
}
