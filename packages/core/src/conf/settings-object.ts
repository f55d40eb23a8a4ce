import type { SettingValues } from "./setting-source.ts";
import type { Settings } from "./settings.ts";
import { settingsTable } from "./settings-table.ts";

let spellings: object | undefined;

/** A complete, frozen set of settings: what is given, and the built-in defaults for the rest. */
export function buildSettings(given: SettingValues): Settings {
  const settings = Object.create(snakeCaseSpellings()) as Record<string, unknown>;
  for (const { name, key, default: builtIn } of settingsTable.values()) {
    settings[key] = given.has(name) ? given.get(name) : builtIn;
  }
  return Object.freeze(settings) as unknown as Settings;
}

/** Lets `settings.task_serializer` be read too. The camelCase names are plain properties, which is what hot paths use. */
function snakeCaseSpellings(): object {
  if (spellings) return spellings;
  const prototype: object = {};
  for (const { name, key } of settingsTable.values()) {
    if (name === key) continue;
    Object.defineProperty(prototype, name, {
      get(this: Settings) {
        return this[key];
      },
    });
  }
  spellings = prototype;
  return prototype;
}
