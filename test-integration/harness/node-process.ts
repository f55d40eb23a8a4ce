import { fileURLToPath } from "node:url";
import { ChildProgram } from "./child-program.ts";

const repository: string = fileURLToPath(new URL("../..", import.meta.url));

/**
 * Starts a Node program: `.ts` through tsx on the packages' TypeScript source, anything else as it is built.
 *
 * Read its JSON lines with `waitFor(jsonLine(…))`. `script` is an absolute path or relative to the repository.
 */
export function nodeProcess(
  script: string,
  args: readonly string[] = [],
  { env = {}, cwd = repository, nodeArgs = [] }: NodeProcessOptions = {},
): ChildProgram {
  const fromSource = /\.[mc]?ts$/.test(script) ? ["--conditions=@q/source", "--import", tsxLoader()] : [];
  const absolute = script.startsWith("/") ? script : `${repository}${script}`;
  return new ChildProgram({
    name: `node ${script} ${args.join(" ")}`.trim(),
    command: process.execPath,
    args: [...fromSource, ...nodeArgs, absolute, ...args],
    // The test runner's own settings must not leak into the program.
    env: { NODE_OPTIONS: undefined, VITEST: undefined, NODE_ENV: undefined, ...env },
    cwd,
  });
}

export interface NodeProcessOptions {
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** @defaultValue the root of the repository */
  readonly cwd?: string;
  /** Options of Node itself. */
  readonly nodeArgs?: readonly string[];
}

function tsxLoader(): string {
  return import.meta.resolve("tsx");
}
