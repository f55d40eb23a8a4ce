import type { CommandSpec } from "@q/core";
import type { PanelArguments } from "./panel-command.ts";
import { pythonError } from "./python-error.ts";

/**
 * The arguments of a command of one's own in the types it names; others are left out.
 *
 * @throws an error named `TypeError` for a value that has no such form
 */
export function namedArguments(
  { name, args: types = {} }: CommandSpec,
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
  return named;
}
