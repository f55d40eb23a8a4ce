import type { ArgumentType, CommandSpec } from "@q/core";
import { UsageError } from "../errors.ts";

/**
 * Arguments of a command of remote control by name, from the texts of the command line in their order.
 *
 * @throws {UsageError} when there are too few or too many, or one has not the type it should have
 */
export function commandArguments(spec: CommandSpec, texts: readonly string[]): Record<string, unknown> {
  // Its signature shows what cannot be left out: <queue>.
  const required = spec.signature?.match(/<[^>]+>/g)?.length ?? 0;
  if (texts.length < required) throw takes(spec);
  const types = Object.entries(spec.args ?? {});
  const named = types.slice(0, texts.length).map(([name, type], index) => {
    return [name, converted(spec, { name, type, text: texts[index] as string })] as const;
  });
  const rest = texts.slice(types.length);
  if (rest.length > 0 && spec.variadic === undefined) throw takes(spec);
  return {
    ...Object.fromEntries(named),
    ...(spec.variadic !== undefined && { [spec.variadic]: rest }),
  };
}

function converted(
  spec: CommandSpec,
  { name, type, text }: { name: string; type: ArgumentType; text: string },
): unknown {
  if (type === String) return text;
  if (type === Boolean) {
    if (/^(true|yes|on|1)$/i.test(text)) return true;
    if (/^(false|no|off|0)$/i.test(text)) return false;
  } else if (text.trim() !== "" && Number.isFinite(Number(text))) return Number(text);
  throw new UsageError(
    `${spec.name}: ${name} must be a ${type === Boolean ? "yes or no" : "number"}, and "${text}" is none.`,
  );
}

function takes(spec: CommandSpec): UsageError {
  const what = spec.signature === undefined ? "no arguments" : `the arguments: ${spec.signature}`;
  return new UsageError(`the command "${spec.name}" takes ${what}`);
}
