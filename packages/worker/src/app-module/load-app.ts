import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { ImproperlyConfiguredError } from "@q/kernel";
import type { App } from "@q/core";
import { findModuleFile, loadModule, pickExport, splitSpecifier } from "@q/core/internal";

/** Exports of a module that are looked at first, as in Celery. */
const USUAL_NAMES = ["app", "celery", "default"] as const;

/**
 * Finds the app that `-A` names: `proj.tasks:app` exactly, or just a module: then its exports `app`, `celery`,
 * `default`, then any app among its exports, then the same in the modules `app` and `celery` below it. A `file:` URL
 * will do as well, so that a module may name itself by `import.meta.url`.
 *
 * @throws {ImproperlyConfiguredError} when there is no such module, it cannot be imported, or holds no app
 */
export async function loadApp(specifier: string, cwd: string): Promise<App> {
  const { path, attribute } = splitSpecifier(
    specifier.startsWith("file:") ? fileURLToPath(specifier) : specifier,
  );
  if (attribute !== undefined) {
    const found = pickExport(await importModule(path, cwd), { path, attribute });
    if (isApp(found)) return found;
    throw new ImproperlyConfiguredError(`"${specifier}" is not an app. Export what createApp returns.`);
  }
  const tried: string[] = [];
  for (const candidate of [path, `${path}/app`, `${path}/celery`]) {
    if (findModuleFile(candidate, cwd) === undefined && candidate !== path) continue;
    const module = await importModule(candidate, cwd, [`${path}/app`, `${path}/celery`]);
    tried.push(candidate);
    const app = findApp(module);
    if (app) return app;
  }
  throw new ImproperlyConfiguredError(
    `No app was found in ${tried.map((one) => `"${one}"`).join(", ") || `"${path}"`}. ` +
      `Export one, for example: export const app = createApp("proj");`,
  );
}

/** Imports a module of the user's; TypeScript files run without a build step. */
async function importModule(
  path: string,
  cwd: string,
  alternatives: readonly string[] = [],
): Promise<Readonly<Record<string, unknown>>> {
  const file = findModuleFile(path, cwd);
  if (file === undefined && alternatives.some((one) => findModuleFile(one, cwd) !== undefined)) return {};
  await prepareModule(path, cwd);
  return (await loadModule(path, { cwd })) ?? {};
}

/** Imports what defines the tasks of an app: the settings `imports` and `include`, `more`, and what is discovered. */
export async function importTasks(app: App, cwd: string, more: readonly string[] = []): Promise<void> {
  for (const path of [...app.conf.imports, ...app.conf.include, ...more]) await importModule(path, cwd);
  for (const path of app.discoveredModules) {
    await prepareModule(path, cwd);
    await loadModule(path, { cwd, silent: true });
  }
}

/** Makes Node able to import the module, should it be TypeScript. */
export async function prepareModule(path: string, cwd: string): Promise<void> {
  const file = findModuleFile(path, cwd);
  if (file !== undefined && /\.m?ts$/.test(file)) await enableTypeScript(file, cwd);
}

function findApp(module: Readonly<Record<string, unknown>>): App | undefined {
  const inner = module["default"];
  const exports = { ...(isRecord(inner) && !isApp(inner) ? inner : {}), ...module };
  const usual = USUAL_NAMES.map((name) => (exports as Readonly<Record<string, unknown>>)[name]).find(isApp);
  return usual ?? Object.values(exports).find(isApp);
}

/** By shape: the project's copy of core need not be ours. */
function isApp(value: unknown): value is App {
  return (
    isRecord(value) &&
    typeof value["sendTask"] === "function" &&
    typeof value["connectionForRead"] === "function"
  );
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

/** Node's own type stripping where it has one, else the tsx that the file or the working directory sees. */
async function enableTypeScript(file: string, cwd: string): Promise<void> {
  const features = process.features as { typescript?: unknown };
  if (features.typescript || process.execArgv.some((arg) => arg.includes("tsx"))) return;
  try {
    // Both: in a package that is not of "type": "module" its TypeScript is CommonJS, whatever it looks like.
    for (const part of ["tsx/cjs/api", "tsx/esm/api"]) {
      const { register } = (await import(findTsx(part, [file, join(cwd, "package.json")]))) as Tsx;
      register();
    }
  } catch (error) {
    throw new ImproperlyConfiguredError(
      `${file} is TypeScript, which this Node (${process.version}) does not run by itself. ` +
        `Run: npm install --save-dev tsx (or use Node 22.18 or later, or compile the file first).`,
      { cause: error },
    );
  }
}

/** What is used of a part of tsx. */
interface Tsx {
  readonly register: () => void;
}

/** @throws when none of the places sees it */
function findTsx(part: string, places: readonly [string, string]): string {
  const resolve = (from: string): string => createRequire(from).resolve(part);
  let resolved: string;
  try {
    resolved = resolve(places[0]);
  } catch {
    resolved = resolve(places[1]);
  }
  // `require` picks tsx's CommonJS build, whose loader does not find its own files; the ES module lies beside it.
  return pathToFileURL(resolved.replace(/\.cjs$/, ".mjs")).href;
}
