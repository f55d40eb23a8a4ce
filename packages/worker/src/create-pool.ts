import { availableParallelism } from "node:os";
import { didYouMean, ImproperlyConfiguredError } from "@q/kernel";
import { type Execute, InlinePool, type Pool } from "@q/pool";
import type { PoolFactory } from "./worker-options.ts";

/** The pools that there are, by name. */
const KINDS: ReadonlyMap<string, "async" | "solo"> = new Map([
  ["async", "async"],
  ["eventlet", "async"],
  ["gevent", "async"],
  ["solo", "solo"],
]);

/** @throws {ImproperlyConfiguredError} for a name that no pool has */
export async function createWorkerPool(
  pool: string | PoolFactory,
  options: { readonly concurrency: number | null; readonly execute: Execute },
): Promise<Pool> {
  const { concurrency, execute } = options;
  const size = concurrency ?? availableParallelism();
  if (typeof pool === "function") return pool({ size, execute });
  const kind = KINDS.get(pool);
  if (kind === undefined) {
    throw new ImproperlyConfiguredError(
      `there is no pool named "${pool}".${didYouMean(pool, KINDS.keys())} Pools: ${[...KINDS.keys()].join(", ")}.`,
    );
  }
  return new InlinePool({ kind, size: kind === "solo" ? 1 : size, execute });
}
