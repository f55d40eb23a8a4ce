import { availableParallelism } from "node:os";
import { isAbsolute } from "node:path";
import { pathToFileURL } from "node:url";
import { construct, didYouMean, ImproperlyConfiguredError, refuseUnknownOptions } from "@q/kernel";
import type { Pool } from "../contracts.ts";
import { entryUrl } from "../executor/entry-url.ts";
import type { ExecutorModule } from "../executor/executor.ts";
import { InlinePool } from "../inline/inline-pool.ts";
import { POOL_KINDS } from "../kinds.ts";
import type { RemotePoolOptions } from "../remote/remote-options.ts";
import { FunctionPool, type Functions } from "./function-pool.ts";
import { createExecutor } from "./functions-entry.ts";

/** Options of {@link createPool}. */
export interface CreatePoolOptions extends Omit<RemotePoolOptions, "executor"> {
  /**
   * `processes` (default; also `prefork`), `threads`, `async` (also `eventlet`, `gevent`), `solo`; or a module of your
   * own that exports `createPool({ size, executor, … })`, which returns a {@link Pool}.
   */
  readonly kind?: string;
  /**
   * The module whose functions are called: a `file:` URL, as `new URL("./jobs.js", import.meta.url)`, an absolute path, as
   * `require.resolve("./jobs.js")`, or a package.
   */
  readonly module: string | URL;
  /** Default: the number of CPUs. */
  readonly size?: number;
  /** Arguments of Node for each process or thread. Default those of the calling process. */
  readonly execArgv?: readonly string[];
  /** Environment of each process or thread. Default that of the calling process. */
  readonly env?: NodeJS.ProcessEnv;
}

/** Every option, for those who do not have its types. */
const OPTIONS: Readonly<Record<keyof CreatePoolOptions, true>> = {
  kind: true,
  module: true,
  size: true,
  execArgv: true,
  env: true,
  tasksPerExecutor: true,
  strategy: true,
  sendAhead: true,
  maxTasksPerExecutor: true,
  maxMemoryBytes: true,
  startTimeoutMs: true,
  stopTimeoutMs: true,
  unresponsiveAfterMs: true,
  maxRestarts: true,
  restartWindowMs: true,
  onEvent: true,
  onLog: true,
  onExecutorUp: true,
  onRecycling: true,
  onExecutorDown: true,
  onError: true,
};

/**
 * Starts a pool that calls the functions of a module: `typeof import("./jobs.js")` as type argument types the calls.
 *
 * @throws {ImproperlyConfiguredError} for a kind that no pool has, or options that cannot be
 * @throws {ExecutorStartError} when the module cannot be loaded
 */
export async function createPool<TFunctions = Functions>(
  given: CreatePoolOptions,
): Promise<FunctionPool<TFunctions>> {
  check(given);
  const { kind = "processes", module, ...options } = given;
  const executor: ExecutorModule = {
    module: entryUrl("functions/functions-entry").href,
    data: { module: isAbsolute(String(module)) ? pathToFileURL(String(module)).href : String(module) },
  };
  const pool = await open(kind, { size: availableParallelism(), ...options, executor });
  await pool.start();
  return new FunctionPool<TFunctions>(pool);
}

function check(options: CreatePoolOptions): void {
  const { module, size = 1 } = options;
  refuseUnknownOptions("createPool", options, OPTIONS);
  if (!Number.isInteger(size) || size < 1)
    throw new ImproperlyConfiguredError(`the size of a pool is a whole number from 1 on, not ${size}`);
  if ((typeof module !== "string" && !(module instanceof URL)) || /^\.{1,2}\//.test(String(module)))
    throw new ImproperlyConfiguredError(
      `the module of a pool is a URL, an absolute path or a package, not ${String(module)}: write new URL("./jobs.js", import.meta.url), or require.resolve("./jobs.js") in CommonJS`,
    );
}

async function open(name: string, options: RemotePoolOptions & { readonly size: number }): Promise<Pool> {
  const kind = POOL_KINDS.get(name);
  switch (kind) {
    case "processes":
      return new (await import("../processes/process-pool.ts")).ProcessPool(options);
    case "threads":
      return new (await import("../threads/thread-pool.ts")).ThreadPool(options);
    case "async":
    case "solo": {
      const { execute } = await createExecutor(options.executor.data);
      return new InlinePool({ kind, execute, size: kind === "solo" ? 1 : options.size });
    }
    case undefined:
      return construct<Pool>(await ownMaker(name), {
        name: `createPool of the module "${name}"`,
        args: [options],
        methods: ["start", "run", "terminate", "terminateAll", "drain", "stop", "stats"],
      });
  }
}

async function ownMaker(name: string): Promise<unknown> {
  const text = `there is no pool named "${name}".${didYouMean(name, POOL_KINDS.keys())} Pools: ${[...POOL_KINDS.keys()].join(", ")}, or a module of your own.`;
  const exported = (await import(name).catch((cause: unknown) => {
    throw new ImproperlyConfiguredError(text, { cause });
  })) as { readonly createPool?: unknown };
  // "process", for one, is a module of Node's.
  if (exported.createPool === undefined) throw new ImproperlyConfiguredError(text);
  return exported.createPool;
}
