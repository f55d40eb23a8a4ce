import { ImproperlyConfiguredError } from "@q/kernel";
import { loadModule, type LoadModuleOptions, pickExport, splitSpecifier } from "./load-module.ts";

/**
 * Imports what holds the settings: a module named as in {@link loadModule}, with `:name` behind it when they are in one
 * of its exports.
 *
 * @throws {ImproperlyConfiguredError} when there is none (unless `silent`), it cannot be imported, or holds no settings
 */
export async function loadConfigModule(
  specifier: string,
  options: LoadModuleOptions = {},
): Promise<object | undefined> {
  const parts = splitSpecifier(specifier);
  const module = await loadModule(parts.path, options);
  if (module === undefined || parts.attribute === undefined) return module;
  const found = pickExport(module, parts);
  if (typeof found === "function" || (typeof found === "object" && found !== null)) return found;
  throw new ImproperlyConfiguredError(
    `"${specifier}" is no object with settings. Export an object or a class.`,
  );
}
