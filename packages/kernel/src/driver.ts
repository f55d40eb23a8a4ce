import { asError, MissingDriverError } from "./errors.ts";

/**
 * Loads an optional peer dependency on first use.
 *
 * @throws {MissingDriverError} with the install command when the package is not installed
 */
export async function loadDriver<TModule>(
  packageName: string,
  purpose: string,
  load: () => Promise<TModule>,
): Promise<TModule> {
  try {
    return await load();
  } catch (thrown) {
    const error = asError(thrown) as NodeJS.ErrnoException;
    const missing = error.code === "ERR_MODULE_NOT_FOUND" || error.code === "MODULE_NOT_FOUND";
    if (missing && error.message.includes(packageName)) {
      throw new MissingDriverError(packageName, purpose, { cause: error });
    }
    throw thrown;
  }
}
