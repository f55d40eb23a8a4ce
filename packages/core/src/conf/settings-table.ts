import { didYouMean, ImproperlyConfiguredError } from "@q/kernel";
import { brokerRows } from "./broker-rows.ts";
import { redisRows, resultRows } from "./result-rows.ts";
import { camelCase, snakeCase } from "./setting-name.ts";
import type { SettingRow } from "./setting-row.ts";
import type { Settings } from "./settings.ts";
import { cloudRows, storeRows } from "./store-rows.ts";
import { generalRows, routingRows, taskRows } from "./task-rows.ts";
import { beatRows, controlRows, workerRows } from "./worker-rows.ts";

/** One setting: its names and its row of the table. */
export interface SettingEntry extends SettingRow<unknown> {
  /** Celery's name, under which the setting is stored and shown: `task_serializer`. */
  readonly name: string;
  /** The same in TypeScript: `taskSerializer`. */
  readonly key: keyof Settings;
}

/** The rows of every area, in the order of the reference. */
export const settingAreas: ReadonlyMap<string, Readonly<Record<string, SettingRow<unknown>>>> = new Map<
  string,
  Readonly<Record<string, SettingRow<unknown>>>
>([
  ["general", { ...generalRows }],
  ["task", { ...taskRows }],
  ["routing", { ...routingRows }],
  ["broker", { ...brokerRows }],
  ["result", { ...resultRows }],
  ["redis", { ...redisRows }],
  ["store", { ...storeRows }],
  ["cloud", { ...cloudRows }],
  ["worker", { ...workerRows }],
  ["control", { ...controlRows }],
  ["beat", { ...beatRows }],
]);

/** Every setting by its snake_case name. */
export const settingsTable: ReadonlyMap<string, SettingEntry> = new Map(
  [...settingAreas.values()].flatMap((rows) =>
    Object.entries(rows).map(([key, row]) => {
      const name = snakeCase(key);
      return [
        name,
        { ...row, default: Object.freeze(row.default), name, key: key as keyof Settings },
      ] as const;
    }),
  ),
);

/** The setting of that name, in either spelling. */
export function findSetting(name: string): SettingEntry | undefined {
  const entry = settingsTable.get(snakeCase(name));
  // Neither `Task_serializer` nor `task_Serializer` is a spelling of ours.
  return entry && (entry.name === name || entry.key === name) ? entry : undefined;
}

/** The error for a name that is no setting, with the nearest one that is. */
export function unknownSetting(name: string, source: string): ImproperlyConfiguredError {
  const isCamel = /[A-Z]/.test(name) && !name.includes("_");
  const names = [...settingsTable.keys()];
  const hint = didYouMean(name, isCamel ? names.map(camelCase) : names);
  return new ImproperlyConfiguredError(
    `${source}: there is no setting "${name}".${hint} All settings are in docs/reference/settings.md.`,
  );
}
