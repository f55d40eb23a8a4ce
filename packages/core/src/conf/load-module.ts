import { existsSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { didYouMean, ImproperlyConfiguredError } from "@q/kernel";

/** What to load, and how to speak of it in errors. */
export interface LoadModuleOptions {
  /** Where relative names start. Default the working directory. */
  readonly cwd?: string | undefined;
  /** Returns `undefined` instead of throwing when there is no such module. Default false. */
  readonly silent?: boolean | undefined;
}

/** `path/to/module:name`, taken apart. */
export interface ModuleSpecifier {
  readonly path: string;
  /** The export that is meant, dots leading deeper; without it the module as a whole. */
  readonly attribute: string | undefined;
}

const ENDINGS = ["", ".ts", ".mts", ".js", ".mjs", ".cjs", ".json", "/index.ts", "/index.js"] as const;

/** The colon of a Windows drive or of a URL does not name an export. */
export function splitSpecifier(specifier: string): ModuleSpecifier {
  const groups = /^(?<path>.{2,}):(?<attribute>[\w$.]+)$/s.exec(specifier)?.groups;
  return { path: groups?.["path"] ?? specifier, attribute: groups?.["attribute"] };
}

/**
 * Imports a file below `cwd` (`celeryconfig`, `./config/celery.ts`, `proj.celeryconfig`) or an installed package. A file
 * wins over a package of the same name.
 *
 * @throws {ImproperlyConfiguredError} when there is none, or it cannot be imported
 */
export async function loadModule(
  path: string,
  options: LoadModuleOptions = {},
): Promise<Readonly<Record<string, unknown>> | undefined> {
  const cwd = options.cwd ?? process.cwd();
  const file = findModuleFile(path, cwd) ?? findPackage(path, cwd);
  if (file !== undefined) return importFile(file, path);
  if (options.silent) return undefined;
  throw new ImproperlyConfiguredError(
    `There is no module "${path}": neither a file below ${cwd} nor an installed package. Check the name.`,
  );
}

/** An export of a module. @throws {ImproperlyConfiguredError} when it has none of that name */
export function pickExport(module: Readonly<Record<string, unknown>>, specifier: ModuleSpecifier): unknown {
  const [first = "", ...rest] = specifier.attribute?.split(".") ?? [];
  // CommonJS modules keep what they export in their default.
  const found = rest.reduce(member, member(module, first) ?? member(module["default"], first));
  if (found !== undefined) return found;
  const names = Object.keys(module).filter((name) => name !== "default" && name !== "module.exports");
  throw new ImproperlyConfiguredError(
    `The module "${specifier.path}" does not export "${specifier.attribute}".` +
      `${didYouMean(specifier.attribute ?? "", names)} It exports: ${names.join(", ") || "nothing"}.`,
  );
}

function member(object: unknown, name: string): unknown {
  if (object === null || (typeof object !== "object" && typeof object !== "function")) return undefined;
  return Object.hasOwn(object, name) ? (object as Readonly<Record<string, unknown>>)[name] : undefined;
}

/** The file that a module name means, if any. */
export function findModuleFile(path: string, cwd: string): string | undefined {
  const dotted = /^\w+(\.\w+)+$/.test(path) ? [path.replaceAll(".", "/")] : [];
  return [path, ...dotted]
    .flatMap((one) => ENDINGS.map((ending) => resolve(cwd, one + ending)))
    .find((file) => existsSync(file) && statSync(file).isFile());
}

function findPackage(path: string, cwd: string): string | undefined {
  try {
    return createRequire(join(cwd, "here.js")).resolve(path);
  } catch {
    return undefined;
  }
}

async function importFile(file: string, path: string): Promise<Readonly<Record<string, unknown>>> {
  const url = pathToFileURL(file).href;
  try {
    const imported: unknown = await (file.endsWith(".json")
      ? import(url, { with: { type: "json" } })
      : import(url));
    return imported as Readonly<Record<string, unknown>>;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ImproperlyConfiguredError(`The module "${path}" (${file}) cannot be imported: ${reason}`, {
      cause: error,
    });
  }
}
