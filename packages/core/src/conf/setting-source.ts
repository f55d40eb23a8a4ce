import { inspect } from "node:util";
import { ImproperlyConfiguredError } from "@q/kernel";
import { censor } from "./censor.ts";
import { warnDeprecated } from "./deprecation.ts";
import { oldNames } from "./old-names.ts";
import { findSetting, type SettingEntry, unknownSetting } from "./settings-table.ts";

/** Values in their normal form by snake_case name. */
export type SettingValues = ReadonlyMap<string, unknown>;

/** How a source of settings is read. */
export interface SourceOptions {
  /** Names the source in errors: `config module "celeryconfig"`. */
  readonly label: string;
  /** Only names with this prefix belong to us, such as `CELERY_`; without it they are the usual names in any case. */
  readonly namespace?: string | undefined;
}

/**
 * Reads an object, an imported module (its default export, if it has one) or a class (its static members).
 *
 * @throws {ImproperlyConfiguredError} for unknown names, for values of the wrong type, and for old and new names in one
 *   source
 */
export function readSource(source: unknown, options: SourceOptions): SettingValues {
  const { label, namespace } = options;
  const given = namespace ? withoutPrefix(entriesOf(source, label), namespace) : entriesOf(source, label);
  // A helper function of a configuration module is not a setting.
  const isLoose = typeof source === "function" || isModule(source);
  const named = new Map<
    string,
    { readonly as: string; readonly setting: SettingEntry; readonly value: unknown }
  >();
  const old = new Map<
    string,
    { readonly as: string; readonly setting: SettingEntry; readonly value: unknown }
  >();
  for (const [as, value] of given) {
    if (value === undefined) continue;
    const setting = findSetting(as);
    const newName = setting || namespace ? undefined : oldNames().get(as);
    const oldSetting = newName === undefined ? undefined : findSetting(newName);
    if (setting) addOnce(named, { as, setting, value }, label);
    else if (oldSetting) old.set(oldSetting.name, { as, setting: oldSetting, value });
    else if (!isLoose || (typeof value !== "function" && !as.startsWith("_")))
      throw unknownSetting(as, label);
  }
  rejectMixture(named, old, label);
  for (const { as, setting } of old.values()) warnDeprecated(as, setting.name);
  const values = new Map<string, unknown>();
  for (const [name, { setting, value }] of [...old, ...named])
    values.set(name, readSetting(setting, value, label));
  return values;
}

/** The value in its normal form. @throws {ImproperlyConfiguredError} when it has the wrong type */
export function readSetting(setting: SettingEntry, value: unknown, label: string): unknown {
  const read = setting.type.parse(value);
  if (read === undefined) {
    const got = inspect(censor(setting.name, value), {
      depth: 1,
      breakLength: Number.POSITIVE_INFINITY,
      maxStringLength: 80,
    });
    throw new ImproperlyConfiguredError(
      `${label}: setting "${setting.name}" cannot be ${got}. Expected: ${setting.type.name}. ` +
        `See "${setting.name}" in docs/reference/settings.md.`,
    );
  }
  if (setting.useInstead !== undefined) warnDeprecated(setting.name, setting.useInstead);
  return read;
}

type Named = Map<string, { readonly as: string; readonly setting: SettingEntry; readonly value: unknown }>;

function addOnce(
  named: Named,
  one: { as: string; setting: SettingEntry; value: unknown },
  label: string,
): void {
  const other = named.get(one.setting.name);
  if (other !== undefined) {
    throw new ImproperlyConfiguredError(
      `${label}: "${other.as}" and "${one.as}" are the same setting. Keep one of them.`,
    );
  }
  named.set(one.setting.name, one);
}

/** Old names beside new ones are fine only where the new name is given too, for programs that run on both. */
function rejectMixture(named: Named, old: Named, label: string): void {
  const stray = [...old.values()].filter(({ setting }) => !named.has(setting.name));
  if (named.size === 0 || stray.length === 0) return;
  const renames = stray.map(({ as, setting }) => `${as} -> ${setting.name}`).join(", ");
  throw new ImproperlyConfiguredError(`${label} mixes old and new names of settings. Rename: ${renames}.`);
}

function withoutPrefix(
  entries: readonly (readonly [string, unknown])[],
  namespace: string,
): [string, unknown][] {
  const prefix = namespace.endsWith("_") ? namespace : `${namespace}_`;
  return entries
    .filter(([name]) => name.startsWith(prefix))
    .map(([name, value]) => {
      const rest = name.slice(prefix.length);
      return [/[a-z]/.test(rest) ? rest : rest.toLowerCase(), value];
    });
}

function entriesOf(source: unknown, label: string): readonly (readonly [string, unknown])[] {
  if (isModule(source)) {
    const { default: main, ...names } = source;
    return typeof main === "object" && main !== null ? Object.entries(main) : Object.entries(names);
  }
  if (typeof source === "function") return staticMembers(source);
  if (typeof source === "object" && source !== null && !Array.isArray(source)) return Object.entries(source);
  throw new ImproperlyConfiguredError(
    `${label}: settings must be an object, a module or a class, but are ${inspect(source)}.`,
  );
}

/** Static members of a class and of the classes it extends, nearest first. */
function staticMembers(constructor: object): [string, unknown][] {
  const parent: unknown = Object.getPrototypeOf(constructor);
  const inherited =
    typeof parent === "function" && parent !== Function.prototype ? staticMembers(parent) : [];
  const own = Object.entries(constructor);
  return [...inherited.filter(([name]) => !own.some(([other]) => other === name)), ...own];
}

function isModule(source: unknown): source is Readonly<Record<string, unknown>> {
  return Object.prototype.toString.call(source) === "[object Module]";
}
