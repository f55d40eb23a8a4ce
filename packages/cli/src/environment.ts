import type { Options } from "yargs";
import { UsageError } from "./errors.ts";

/** Environment variables, as in `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The options with defaults from the environment: `CELERY_WORKER_CONCURRENCY` for `--concurrency` of `q worker`,
 * `CELERY_QUIET` for the global `--quiet`. Options that name a variable of their own in their description have only that.
 *
 * @throws {UsageError} for a variable that does not fit the type of its option
 */
export function withEnvironment<TOptions extends Readonly<Record<string, Options>>>(
  options: TOptions,
  { prefix, env }: { prefix: string; env: Environment },
): TOptions {
  const entries = Object.entries(options).map(([name, option]) => {
    const variable = `${prefix}_${name}`.replaceAll(/\W/g, "_").toUpperCase();
    const text = env[variable];
    if (!text || option.describe?.includes("[env:")) return [name, option] as const;
    const value = readAs(option, { variable, text });
    if (option.choices?.includes(value as string) === false)
      throw new UsageError(`${variable} is none of ${option.choices.join(", ")}: ${text}`);
    return [name, { ...option, default: value }] as const;
  });
  return Object.fromEntries(entries) as TOptions;
}

function readAs(option: Options, { variable, text }: { variable: string; text: string }): unknown {
  if (option.type === "number") {
    const number = Number(text);
    if (!Number.isNaN(number)) return number;
    throw new UsageError(`${variable} is not a number: ${text}`);
  }
  if (option.type === "boolean") {
    if (/^(1|true|t|yes|y|on)$/i.test(text)) return true;
    if (/^(0|false|f|no|n|off)$/i.test(text)) return false;
    throw new UsageError(`${variable} is neither true nor false: ${text}`);
  }
  return text;
}
