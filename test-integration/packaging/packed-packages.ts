import { execFile } from "node:child_process";
import { copyFile, cp, mkdir, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { type TempFolder, tempFolder } from "../harness/index.ts";

const exec = promisify(execFile);
const repository: string = fileURLToPath(new URL("../..", import.meta.url));

/** The packages that `@q/core` needs: all that a program installs which only sends tasks. */
export const CLIENT_PACKAGES: readonly string[] = ["kernel", "messaging", "backends", "core"];
/** What a program installs that runs a worker. */
export const WORKER_PACKAGES: readonly string[] = [...CLIENT_PACKAGES, "pool", "worker"];

/** How a {@link freshProject} is made. */
export interface ProjectOptions {
  /** Folder below `projects/` that is copied into it. */
  readonly template: string;
  /** Packages of ours that are there as tarballs. */
  readonly packages: readonly string[];
  /** Its dependencies: a package of ours by its name alone, others with their version. */
  readonly dependencies: readonly string[];
}

/** A project outside the repository that knows nothing of it. */
export interface FreshProject extends TempFolder {
  /** Runs a program in it; rejects when the exit code is not 0. */
  run(command: string, ...args: readonly string[]): Promise<Output>;
}

/** What a program wrote. */
export interface Output {
  readonly stdout: string;
  readonly stderr: string;
}

/** Packs our packages as they would be published and installs them into a new project with npm. */
export async function freshProject(options: ProjectOptions): Promise<FreshProject> {
  const folder = await tempFolder(options.template);
  try {
    await cp(new URL(`projects/${options.template}`, import.meta.url), folder.path, { recursive: true });
    await install(folder.path, options);
  } catch (error) {
    await folder[Symbol.asyncDispose]();
    throw error;
  }
  return Object.assign(folder, {
    run: (command: string, ...args: readonly string[]) => run(folder.path, [command, ...args]),
  });
}

async function install(folder: string, { packages, dependencies }: ProjectOptions): Promise<void> {
  const tarballs = await pack(packages, join(folder, "tarballs"));
  const manifest = {
    name: "fresh-project",
    private: true,
    type: "module",
    dependencies: Object.fromEntries(
      dependencies.map((one) => {
        const [name, version] = one.split(/(?<=.)@/) as [string, string?];
        return [name, version ?? tarballs[name]];
      }),
    ),
    // Our packages are not in the registry: wherever one asks for another, the tarball is meant.
    overrides: tarballs,
  };
  await writeFile(join(folder, "package.json"), JSON.stringify(manifest, null, 2));
  const quick = ["--prefer-offline", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"];
  await run(folder, ["npm", "install", ...quick]);
}

async function pack(packages: readonly string[], folder: string): Promise<Record<string, string>> {
  await mkdir(folder);
  await run(repository, ["pnpm", "exec", "tsc", "-b"]);
  const packed = packages.map(async (name): Promise<[string, string]> => {
    const cwd = join(repository, "packages", name);
    const { stdout } = await run(cwd, ["pnpm", "pack", "--json", "--pack-destination", folder]);
    const { filename } = JSON.parse(stdout) as { filename: string };
    // npm caches tarballs by their path: a name of its own for each run keeps an old one from being taken.
    const file = join(folder, `${process.pid}-${Date.now()}-${basename(filename)}`);
    await copyFile(filename, file);
    return [`@q/${name}`, `file:${file}`];
  });
  return Object.fromEntries(await Promise.all(packed));
}

async function run(cwd: string, [command = "", ...args]: readonly string[]): Promise<Output> {
  // The test runner's own settings, and those of the package manager that started it, must not leak into the program.
  const env = Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) => !/^(NODE_OPTIONS|NODE_ENV|VITEST|npm_package_)/.test(name),
    ),
  );
  try {
    return await exec(command, args, { cwd, env, maxBuffer: 64 * 1024 * 1024 });
  } catch (error) {
    const { stdout = "", stderr = "", code } = error as Partial<Output> & { code?: number };
    throw new Error(`${command} ${args.join(" ")} ended with ${code}.\n${stdout}\n${stderr}`);
  }
}
