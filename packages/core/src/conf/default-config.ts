import type { Conf } from "./conf.ts";

/** Module that configures an app which has no other configuration, as in Celery. */
export const DEFAULT_CONFIG_MODULE: string = "celeryconfig";

/**
 * Configures an app that has no configuration of its own from `celeryconfig` in the working directory. When that is
 * missing it warns, unless `isQuiet`, and goes on with the defaults. Returns whether there was one.
 *
 * @throws {ImproperlyConfiguredError} when it cannot be imported
 */
export async function loadDefaultConfig(
  conf: Conf,
  options: { readonly cwd: string; readonly isQuiet?: boolean },
): Promise<boolean> {
  const { cwd, isQuiet = false } = options;
  if (await conf.configFromModule(DEFAULT_CONFIG_MODULE, { cwd, silent: true })) return true;
  if (!isQuiet) {
    process.emitWarning(
      `No app is named with -A, and there is no ${DEFAULT_CONFIG_MODULE} module below ${cwd}: the defaults are used. ` +
        "Name an app, write that module, or set C_WNOCONF=1 to silence this.",
      { type: "NotConfiguredWarning", code: "Q_NOT_CONFIGURED" },
    );
  }
  return false;
}
