import { ImproperlyConfiguredError } from "@q/kernel";
import { readSetting, type SettingValues } from "./setting-source.ts";
import { findSetting, unknownSetting } from "./settings-table.ts";

const LABEL = "command line";

/**
 * Reads `task_serializer=json`, `worker.concurrency=4`, and `.concurrency=4` for a setting of the given namespace.
 *
 * @throws {ImproperlyConfiguredError} for an unknown name, a wrong value, or a text without `=`
 */
export function readCommandLine(argv: readonly string[], namespace: string): SettingValues {
  return new Map(argv.map((argument) => readArgument(argument, namespace)));
}

function readArgument(argument: string, namespace: string): readonly [string, unknown] {
  const split = argument.indexOf("=");
  if (split < 1) {
    throw new ImproperlyConfiguredError(
      `${LABEL}: "${argument}" is no setting. Write name=value, such as worker.concurrency=4.`,
    );
  }
  const written = argument.slice(0, split);
  const name = (/^[._]/.test(written) ? `${namespace}_${written.slice(1)}` : written).replaceAll(".", "_");
  const setting = findSetting(name) ?? findSetting(name.toLowerCase());
  if (!setting) throw unknownSetting(name, LABEL);
  return [setting.name, readSetting(setting, argument.slice(split + 1), LABEL)];
}
