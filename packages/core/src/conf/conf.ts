import { inspect, isDeepStrictEqual } from "node:util";
import { ImproperlyConfiguredError } from "@q/kernel";
import { censor } from "./censor.ts";
import { readCommandLine } from "./command-line.ts";
import { type Environment, environmentOverrides } from "./environment.ts";
import { oldNames } from "./old-names.ts";
import { readSetting, readSource, type SettingValues, type SourceOptions } from "./setting-source.ts";
import { buildSettings } from "./settings-object.ts";
import type { Settings } from "./settings.ts";
import type { SettingsInput } from "./settings-input.ts";
import { findSetting, type SettingEntry, settingsTable, unknownSetting } from "./settings-table.ts";

/** Options of a {@link Conf}. */
export interface ConfOptions {
  /** Settings the app was made with; they survive {@link Conf.configFromObject}. */
  readonly preset?: SettingsInput;
  /** Default `process.env`. */
  readonly env?: Environment;
}

/** Options of the methods of {@link Conf} that take a source. */
export interface ConfigSourceOptions {
  /** Takes only names with this prefix, such as `CELERY_`, and takes it off. */
  readonly namespace?: string;
  /** Reads the source now instead of when a setting is first needed, so that errors surface here. Default false. */
  readonly force?: boolean;
}

/** Options of the methods of {@link Conf} that load a module. */
export interface ConfigModuleOptions extends ConfigSourceOptions {
  /** Where relative names start. Default the working directory. */
  readonly cwd?: string;
  /** Goes on without the module when there is none. Errors inside it are thrown all the same. Default false. */
  readonly silent?: boolean;
}

/** A layer whose values are worked out when they are first needed. */
interface Layer {
  values(): SettingValues;
}

/**
 * The configuration of an app in layers. A setting comes from the first that has it: options of the command line
 * ({@link override}), environment variables, changes at run time, the configuration source, added defaults, and last
 * the built-in default. Names may be written in either spelling.
 */
export class Conf {
  readonly #env: Environment;
  readonly #preset: SettingValues;
  #overrides: Map<string, unknown> = new Map();
  #changes: Map<string, unknown>;
  #source: Layer | undefined;
  #defaults: readonly Layer[] = [];
  #settings: Settings | undefined;
  #version = 0;

  constructor(options: ConfOptions = {}) {
    this.#env = options.env ?? process.env;
    this.#preset = readSource(options.preset ?? {}, { label: "app options" });
    this.#changes = new Map(this.#preset);
  }

  /** Every setting as it is now, frozen; another object after each change. Reads the source if that is still to be done. */
  get settings(): Settings {
    this.#settings ??= buildSettings(this.#given());
    return this.#settings;
  }

  /** Counts changes, for those who keep something worked out from the settings. */
  get version(): number {
    return this.#version;
  }

  /** The value of a setting, by any of its names. @throws {ImproperlyConfiguredError} for an unknown name */
  get(name: string): unknown {
    return this.settings[this.#entry(name).key];
  }

  /** Changes one setting. @throws {ImproperlyConfiguredError} for an unknown name or a wrong value */
  set(name: string, value: unknown): void {
    const setting = this.#entry(name);
    this.#change(new Map([[setting.name, readSetting(setting, value, "app.config")]]));
  }

  /** Changes several settings, or none of them. @throws {ImproperlyConfiguredError} for an unknown name or a wrong value */
  update(settings: SettingsInput): void {
    this.#change(readSource(settings, { label: "app.config" }));
  }

  /** As {@link update}, and wins over the environment too: for options of the command line. */
  override(settings: SettingsInput): void {
    for (const [name, value] of readSource(settings, { label: "command line" }))
      this.#overrides.set(name, value);
    this.#changed();
  }

  /** Adds defaults below every other source but the built-in ones; of two, the first wins. A function is called on first use. */
  addDefaults(defaults: SettingsInput | (() => SettingsInput)): void {
    const give = typeof defaults === "function" ? defaults : () => defaults;
    this.#defaults = [...this.#defaults, lazyLayer(give, { label: "added defaults" })];
    this.#changed();
  }

  /**
   * Takes an object, an imported module or a class with static members as the configuration source, instead of the
   * former one, and drops changes made so far. It is read when a setting is next needed.
   *
   * @throws {ImproperlyConfiguredError} with `force`; otherwise the next reading of a setting throws it
   */
  configFromObject(source: object, options: ConfigSourceOptions = {}): void {
    this.#setSource(source, options, "configuration object");
  }

  /**
   * Imports a module, named as in {@link loadConfigModule}, and takes it as the configuration source. Returns whether
   * there was one.
   *
   * @throws {ImproperlyConfiguredError} when there is no such module (unless `silent`) or it cannot be imported
   */
  async configFromModule(specifier: string, options: ConfigModuleOptions = {}): Promise<boolean> {
    // Most programs give their settings in code: they do without the loader.
    const { loadConfigModule } = await import("./load-config-module.ts");
    const source = await loadConfigModule(specifier, { cwd: options.cwd, silent: options.silent });
    if (source === undefined) return false;
    this.#setSource(source, options, `configuration module "${specifier}"`);
    return true;
  }

  /**
   * As {@link configFromModule}, with the module named in an environment variable.
   *
   * @throws {ImproperlyConfiguredError} also when the variable is not set (unless `silent`)
   */
  async configFromEnvvar(variable: string, options: ConfigModuleOptions = {}): Promise<boolean> {
    const specifier = this.#env[variable];
    if (specifier) return this.configFromModule(specifier, options);
    if (options.silent) return false;
    throw new ImproperlyConfiguredError(
      `The environment variable ${variable} is not set. Set it to a configuration module, such as ./celeryconfig.ts.`,
    );
  }

  /**
   * Changes settings by texts such as `worker.concurrency=4`, `task_serializer=json` or, in the given namespace,
   * `.concurrency=4`.
   *
   * @throws {ImproperlyConfiguredError} for an unknown name, a wrong value, or a text without `=`
   */
  configFromCmdline(argv: readonly string[], namespace: string = "worker"): void {
    for (const [name, value] of readCommandLine(argv, namespace)) this.#overrides.set(name, value);
    this.#changed();
  }

  /** Whether somebody has set the setting, be it to its default. */
  valueSetFor(name: string): boolean {
    return this.#given().has(this.#entry(name).name);
  }

  /** The first value that is not `null`, of several settings. */
  first(...names: readonly string[]): unknown {
    return names.map((name) => this.get(name)).find((value) => value !== null) ?? null;
  }

  /** The value of a setting whose name is given in parts: `("worker", "concurrency")`. */
  getByParts(...parts: readonly string[]): unknown {
    return this.get(parts.filter((part) => part !== "").join("_"));
  }

  /**
   * What is known about a setting. A name without its first part will do: `disable_rate_limits`; when several fit, the
   * one in `namespace` is taken.
   *
   * @throws {ImproperlyConfiguredError} for an unknown name
   */
  find(name: string, namespace: string = "task"): SettingEntry {
    const exact = findSetting(`${namespace}_${name}`) ?? findSetting(name);
    if (exact) return exact;
    const partial = [...settingsTable.values()].find(
      (one) => one.name.slice(one.name.indexOf("_") + 1) === name,
    );
    return partial ?? this.#entry(name);
  }

  /** The settings that somebody has set. */
  withoutDefaults(): Readonly<Partial<Settings>> {
    const keys = [...this.#given().keys()].map((name) => this.#entry(name).key);
    return Object.fromEntries(keys.map((key) => [key, this.settings[key]]));
  }

  /**
   * Settings that somebody has changed although nothing acts upon them, by their snake_case names, each with the reason
   * and what to do instead.
   */
  withoutEffect(): ReadonlyMap<string, string> {
    const found = new Map<string, string>();
    for (const [name, value] of this.#given()) {
      const { noEffect, default: builtIn } = this.#entry(name);
      if (noEffect !== undefined && !isDeepStrictEqual(value, builtIn)) found.set(name, noEffect);
    }
    return found;
  }

  /** Settings by their snake_case names: those that were set, or all of them. Secrets are masked unless `censored` is off. */
  table(options: TableOptions = {}): Readonly<Record<string, unknown>> {
    const { withDefaults = false, censored = true } = options;
    const names = withDefaults ? [...settingsTable.keys()] : [...this.#given().keys()];
    return Object.fromEntries(
      names.map((name) => {
        const value = this.settings[this.#entry(name).key];
        return [name, censored ? censor(name, value) : value];
      }),
    );
  }

  /** {@link table} as lines of text. */
  humanize(options: TableOptions = {}): string {
    return Object.entries(this.table(options))
      .map(([name, value]) => `${name}: ${inspect(value, { depth: 4, breakLength: 80 })}`)
      .join("\n");
  }

  /** Everything that is not a built-in default. */
  #given(): SettingValues {
    const layers = [
      ...this.#defaults.map((layer) => layer.values()).reverse(),
      this.#source?.values() ?? new Map<string, unknown>(),
      this.#changes,
      environmentOverrides(this.#env),
      this.#overrides,
    ];
    return new Map(layers.flatMap((layer) => [...layer]));
  }

  #setSource(source: object, options: ConfigSourceOptions, label: string): void {
    this.#source = lazyLayer(() => source, { label, namespace: options.namespace });
    this.#changes = new Map(this.#preset);
    this.#changed();
    if (options.force) this.#source.values();
  }

  #change(values: SettingValues): void {
    for (const [name, value] of values) this.#changes.set(name, value);
    this.#changed();
  }

  #changed(): void {
    this.#settings = undefined;
    this.#version++;
  }

  #entry(name: string): SettingEntry {
    const setting = findSetting(name) ?? findSetting(oldNames().get(name) ?? "");
    if (!setting) throw unknownSetting(name, "app.config");
    return setting;
  }
}

/** Options of {@link Conf.table} and {@link Conf.humanize}. */
export interface TableOptions {
  /** Shows the settings that nobody has set as well. Default false. */
  readonly withDefaults?: boolean;
  /** Masks passwords, keys and the like. Default true. */
  readonly censored?: boolean;
}

function lazyLayer(give: () => object, options: SourceOptions): Layer {
  let values: SettingValues | undefined;
  return { values: () => (values ??= readSource(give(), options)) };
}
