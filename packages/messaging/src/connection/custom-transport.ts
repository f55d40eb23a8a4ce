import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { asError, ImproperlyConfiguredError, nearestName } from "@q/kernel";
import type { Transport } from "../contracts.ts";
import type { CustomScheme } from "./parse-url.ts";

const FILE_ENDINGS = ["", ".js", ".mjs", ".ts", ".mts", "/index.js", "/index.mjs", "/index.ts"];

/**
 * Imports the transport that a URL names by module and export.
 *
 * @throws {ImproperlyConfiguredError} when the module cannot be loaded or the export is no transport
 */
export async function importCustomTransport({ module, name }: CustomScheme): Promise<Transport> {
  const exports = await importModule(module);
  const found = exports[name];
  if (found === undefined) {
    const nearest = nearestName(name, Object.keys(exports));
    throw new ImproperlyConfiguredError(
      `The module "${module}" has no export "${name}".${nearest === undefined ? "" : ` Did you mean "${nearest}"?`}`,
    );
  }
  const made: unknown = typeof found === "function" ? await make(found as MakesTransport) : found;
  if (isTransport(made)) return made;
  throw new ImproperlyConfiguredError(
    `The export "${name}" of "${module}" is no transport. It must be an object with name, capabilities and connect(), ` +
      "a class of such objects, or a function that returns one.",
  );
}

type MakesTransport = (() => unknown) & (new () => unknown);

function make(makes: MakesTransport): unknown {
  // The one property that tells a class from a function: its prototype cannot be replaced.
  const isClass = Object.getOwnPropertyDescriptor(makes, "prototype")?.writable === false;
  return isClass ? new makes() : makes();
}

function isTransport(value: unknown): value is Transport {
  if (typeof value !== "object" || value === null) return false;
  return "connect" in value && typeof value.connect === "function" && "capabilities" in value;
}

async function importModule(module: string): Promise<Record<string, unknown>> {
  try {
    return (await import(locate(module))) as Record<string, unknown>;
  } catch (thrown) {
    throw new ImproperlyConfiguredError(
      `The transport module "${module}" cannot be loaded: ${asError(thrown).message}. ` +
        "Name a file relative to the current directory, or an installed package.",
      { cause: thrown },
    );
  }
}

/** A file of the project wins over a package of the project, which wins over a package that sits beside Q. */
function locate(module: string): string {
  const base = resolve(module);
  const file = FILE_ENDINGS.map((ending) => base + ending).find((path) => isFile(path));
  if (file !== undefined) return pathToFileURL(file).href;
  try {
    return pathToFileURL(createRequire(resolve("package.json")).resolve(module)).href;
  } catch {
    return module;
  }
}

function isFile(path: string): boolean {
  return existsSync(path) && !existsSync(`${path}/.`);
}
