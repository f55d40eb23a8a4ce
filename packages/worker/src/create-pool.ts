import { availableParallelism } from "node:os";
import { didYouMean, ImproperlyConfiguredError, type Logger } from "@q/kernel";
import {
  type Execute,
  InlinePool,
  type Pool,
  ProcessPool,
  type RemotePoolOptions,
  ThreadPool,
} from "@q/pool";
import { symbolByName } from "@q/core/internal";
import type { PoolFactory } from "./worker-options.ts";

type Kind = "prefork" | "threads" | "async" | "solo";

/** The pools that there are, by name. */
const KINDS: ReadonlyMap<string, Kind> = new Map([
  ["prefork", "prefork"],
  ["processes", "prefork"],
  ["threads", "threads"],
  ["async", "async"],
  ["eventlet", "async"],
  ["gevent", "async"],
  ["solo", "solo"],
]);

/** What a pool is made with. */
export interface PoolParts {
  /** Executors; `null` for one per CPU. */
  readonly concurrency: number | null;
  /** Runs a task in this process. */
  readonly execute: Execute;
  /** How executors in other processes and threads run tasks; nothing when they could not find the app. */
  readonly remote: Omit<RemotePoolOptions, "size"> | undefined;
  readonly logger: Logger;
}

/**
 * Makes the pool of a worker: one of ours, by name, or one of yours, as a function or by the name of a module that
 * exports one.
 *
 * @throws {ImproperlyConfiguredError} for a name that no pool has, and for processes or threads without an app module
 */
export async function createWorkerPool(pool: string | PoolFactory, parts: PoolParts): Promise<Pool> {
  const size = parts.concurrency ?? availableParallelism();
  if (size < 1) throw new ImproperlyConfiguredError("concurrency must be at least 1");
  if (typeof pool === "function") return pool(factoryOptions(parts, size));
  const kind = KINDS.get(pool);
  if (kind === undefined) return (await poolFactory(pool))(factoryOptions(parts, size));
  if (kind === "async" || kind === "solo") {
    if (pool === "eventlet" || pool === "gevent")
      parts.logger.info({ pool }, "this pool is called async here: waiting blocks nothing in JavaScript");
    return new InlinePool({ kind, size: kind === "solo" ? 1 : size, execute: parts.execute });
  }
  return remotePool(kind, { size, remote: parts.remote });
}

function remotePool(
  kind: "prefork" | "threads",
  { size, remote }: { size: number; remote: PoolParts["remote"] },
): Pool {
  if (remote === undefined) {
    throw new ImproperlyConfiguredError(
      `the pool ${kind} runs tasks in processes or threads that import the app themselves, and nothing says where it ` +
        `is. Name its module: new Worker(app, { appModule: new URL("./tasks.js", import.meta.url).href }), or use ` +
        `the pool async.`,
    );
  }
  return kind === "threads" ? new ThreadPool({ ...remote, size }) : new ProcessPool({ ...remote, size });
}

/** A pool of somebody else's: `custom` names it in the environment, as in Celery. */
async function poolFactory(name: string): Promise<PoolFactory> {
  const specifier = name === "custom" ? process.env["CELERY_CUSTOM_WORKER_POOL"] : name;
  if (specifier === undefined)
    throw new ImproperlyConfiguredError(
      "the pool custom is the one that CELERY_CUSTOM_WORKER_POOL names: set it",
    );
  if (!/[:./]/.test(specifier)) {
    throw new ImproperlyConfiguredError(
      `there is no pool named "${name}".${didYouMean(name, KINDS.keys())} Pools: ${[...KINDS.keys()].join(", ")}, ` +
        `or module:export for one of your own.`,
    );
  }
  const found = await symbolByName(/:[\w$.]+$/.test(specifier) ? specifier : `${specifier}:default`);
  if (typeof found === "function") return found as PoolFactory;
  throw new ImproperlyConfiguredError(`"${specifier}" is not a function that makes a pool.`);
}

function factoryOptions(parts: PoolParts, size: number): Parameters<PoolFactory>[0] {
  const { execute, remote } = parts;
  return { size, execute, executor: remote?.executor };
}
