import { availableParallelism } from "node:os";
import { construct, didYouMean, ImproperlyConfiguredError, type Logger } from "@q/kernel";
import type { Execute, Pool, RemotePoolOptions } from "@q/pool";
import { InlinePool, POOL_KINDS } from "@q/pool/inline";
import { symbolByName } from "@q/core/internal";
import type { PoolFactory } from "./worker-options.ts";

/** What a pool is made with. */
export interface PoolParts {
  /** Executors; `null` or 0 for one per CPU. */
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
 * @throws {ImproperlyConfiguredError} for a name that no pool has, a concurrency that cannot be, and for processes or
 * threads without an app module
 */
export async function createWorkerPool(pool: string | PoolFactory, parts: PoolParts): Promise<Pool> {
  const size = parts.concurrency || availableParallelism();
  if (!Number.isInteger(parts.concurrency ?? 0) || size < 1)
    throw new ImproperlyConfiguredError(
      `concurrency is a whole number from 1 on, or 0 for one per CPU, not ${parts.concurrency}.`,
    );
  if (typeof pool === "function") return ownPool(pool, { name: pool.name, size, parts });
  const kind = POOL_KINDS.get(pool);
  if (kind === undefined) {
    const { name, found } = await poolMaker(pool);
    return ownPool(found, { name: `"${name}"`, size, parts });
  }
  if (kind === "async" || kind === "solo") {
    if (pool === "eventlet" || pool === "gevent")
      parts.logger.info({ pool }, "this pool is called async here: waiting blocks nothing in JavaScript");
    return new InlinePool({ kind, size: kind === "solo" ? 1 : size, execute: parts.execute });
  }
  if (parts.remote === undefined)
    throw new ImproperlyConfiguredError(
      `the pool ${pool} runs tasks in processes or threads that import the app themselves, and nothing says where it ` +
        `is. Name its module: new Worker(app, { appModule: new URL("./tasks.js", import.meta.url).href }), or use ` +
        `the pool async.`,
    );
  const { ProcessPool, ThreadPool } = await import("@q/pool");
  const options = { ...parts.remote, size };
  return kind === "threads" ? new ThreadPool(options) : new ProcessPool(options);
}

/** A pool of somebody else's: `custom` names it in the environment, as in Celery. */
async function poolMaker(name: string): Promise<{ readonly name: string; readonly found: unknown }> {
  const specifier = name === "custom" ? process.env["CELERY_CUSTOM_WORKER_POOL"] : name;
  if (specifier === undefined)
    throw new ImproperlyConfiguredError(
      "the pool custom is the one that CELERY_CUSTOM_WORKER_POOL names: set it",
    );
  if (!/[:./]/.test(specifier)) {
    throw new ImproperlyConfiguredError(
      `there is no pool named "${name}".${didYouMean(name, POOL_KINDS.keys())} Pools: ${[...POOL_KINDS.keys()].join(", ")}, ` +
        `or module:export for one of your own.`,
    );
  }
  const found = await symbolByName(/:[\w$.]+$/.test(specifier) ? specifier : `${specifier}:default`);
  return { name: specifier, found };
}

async function ownPool(
  maker: unknown,
  { name, size, parts }: { readonly name: string; readonly size: number; readonly parts: PoolParts },
): Promise<Pool> {
  const { execute, remote } = parts;
  const options: Parameters<PoolFactory>[0] = { size, execute, executor: remote?.executor };
  const pool = await construct<Pool>(maker, {
    name: `the pool ${name}`,
    args: [options],
    methods: ["start", "submit", "withdraw", "terminate", "terminateAll", "drain", "stop", "stats"],
  });
  const { slots, capacity } = pool;
  if (pool.capabilities?.isolation === undefined)
    throw new ImproperlyConfiguredError(
      `the pool ${name} does not say in its capabilities what it can do: see PoolCapabilities of @q/pool.`,
    );
  if (slots >= 1 && capacity >= slots) return pool;
  throw new ImproperlyConfiguredError(
    `the pool ${name} has slots=${slots} and capacity=${capacity}: it needs a slot, and room for what it has slots for.`,
  );
}
