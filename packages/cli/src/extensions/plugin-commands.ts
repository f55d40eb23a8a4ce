import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { asError } from "@q/kernel";
import type { LazyCommand } from "../commands/index.ts";
import { UsageError } from "../errors.ts";
import type { GlobalArguments } from "../global-options.ts";
import type { Io } from "../io.ts";
import { openApp } from "../open-app.ts";
import { forParser } from "./app-options.ts";
import type { CommandPlugin } from "./command-plugin.ts";

/** How a manifest names a command. */
interface CommandEntry {
  /** Relative to the package. */
  readonly module?: unknown;
  /** A line for the list of commands. */
  readonly describe?: string;
}

/** A package's manifest, as far as it concerns us. */
interface Manifest {
  readonly name?: string;
  readonly q?: { readonly commands?: Readonly<Record<string, CommandEntry>> };
  readonly dependencies?: object;
  readonly devDependencies?: object;
  readonly optionalDependencies?: object;
}

/** A manifest and the folder it lies in. */
interface Package {
  readonly folder: string;
  readonly manifest: Manifest;
}

/**
 * Commands that the project in `folder` and the packages it depends on name in the field `q.commands` of their
 * `package.json`: by their usage, each with the module whose default export is a {@link CommandPlugin}.
 */
export function pluginCommands(folder: string): Readonly<Record<string, LazyCommand>> {
  const commands: Record<string, LazyCommand> = {};
  for (const { folder: home, manifest } of packagesOf(folder)) {
    const owner = manifest.name ?? home;
    for (const [usage, entry] of Object.entries(manifest.q?.commands ?? {}))
      commands[usage] ??= commandOf(entry, { usage, owner, home });
  }
  return commands;
}

/** A command, and where it comes from. */
interface Origin {
  readonly usage: string;
  /** Name of the package. */
  readonly owner: string;
  readonly home: string;
}

function commandOf({ module, describe }: CommandEntry, origin: Origin): LazyCommand {
  let loaded: Promise<CommandPlugin> | undefined;
  return {
    describe: describe ?? `a command of ${origin.owner}`,
    load: async () => {
      loaded ??= loadPlugin(module, origin);
      const { options = {}, run } = await loaded;
      return {
        options: Object.fromEntries(
          Object.entries(options).map(([name, option]) => [name, forParser(option)]),
        ),
        run: async (args: GlobalArguments & Readonly<Record<string, unknown>>, io: Io) =>
          (await run({ args, io, openApp: () => openApp(args, io) })) ?? 0,
      };
    },
  };
}

/** @throws {UsageError} when there is no such module, or it is no plugin */
async function loadPlugin(module: unknown, { usage, owner, home }: Origin): Promise<CommandPlugin> {
  const command = `the command "${usage}" of the package ${owner}`;
  if (typeof module !== "string") throw new UsageError(`${command} names no "module" in its package.json`);
  const loaded = await import(pathToFileURL(join(home, module)).href).catch((thrown: unknown) => {
    throw new UsageError(`${command} cannot be loaded: ${asError(thrown).message}`, { cause: thrown });
  });
  const plugin = (loaded as { default?: Partial<CommandPlugin> }).default;
  if (typeof plugin?.run === "function") return plugin as CommandPlugin;
  throw new UsageError(`${command} has no default export with a method "run"`);
}

/** The nearest package above `folder`, and those that it names. */
function packagesOf(folder: string): Package[] {
  const project = projectOf(folder);
  if (project === undefined) return [];
  const { dependencies, devDependencies, optionalDependencies } = project.manifest;
  const names = Object.keys({ ...dependencies, ...devDependencies, ...optionalDependencies });
  return [project, ...names.flatMap((name) => findPackage(name, project.folder) ?? [])];
}

function projectOf(folder: string): Package | undefined {
  const manifest = readManifest(folder);
  if (manifest !== undefined) return { folder, manifest };
  const above = dirname(folder);
  return above === folder ? undefined : projectOf(above);
}

/** The manifest is read as a file: few packages export it. */
function findPackage(name: string, from: string): Package | undefined {
  for (const modules of createRequire(join(from, "package.json")).resolve.paths(name) ?? []) {
    const folder = join(modules, name);
    const manifest = readManifest(folder);
    if (manifest !== undefined) return { folder, manifest };
  }
  return undefined;
}

function readManifest(folder: string): Manifest | undefined {
  try {
    return JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Manifest;
  } catch {
    return undefined;
  }
}
