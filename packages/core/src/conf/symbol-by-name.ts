import { ImproperlyConfiguredError } from "@q/kernel";
import { loadModule, pickExport, splitSpecifier } from "./load-module.ts";

/**
 * What `path/to/module:name` stands for, in settings that name a class or function of yours. The module is a file below
 * `cwd` or an installed package.
 *
 * @throws {ImproperlyConfiguredError} when the text has no `:name`, or there is no such module or export
 */
export async function symbolByName(
  specifier: string,
  options: { readonly cwd?: string } = {},
): Promise<unknown> {
  const parts = splitSpecifier(specifier);
  if (parts.attribute === undefined) {
    throw new ImproperlyConfiguredError(
      `"${specifier}" names a module but no export of it. Write module:name, such as ./pools.ts:MyPool.`,
    );
  }
  return pickExport((await loadModule(parts.path, options)) ?? {}, parts);
}
