import type { Job, Pool, PoolCapabilities } from "../contracts.ts";
import type { ContractPayload } from "./contract-jobs.ts";

/** Makes a pool that runs `contractExecute`, at most `size` jobs at once. It is started and stopped by the cases. */
export type OpenPool = (options: { readonly size: number }) => Promise<Pool> | Pool;

/** Capability without which a case makes no sense. */
export type PoolNeed = "concurrent" | "resizable" | "kill" | "isolated";

/** One promise of every pool. */
export interface PoolContractCase {
  readonly title: string;
  readonly needs: readonly PoolNeed[];
  readonly run: (open: OpenPool) => Promise<void>;
}

/** Needs of a case that a pool does not meet; skip the case when there are any. */
export function unmetPoolNeeds(
  needs: readonly PoolNeed[],
  capabilities: PoolCapabilities,
): readonly PoolNeed[] {
  const { isolation, ...flags } = capabilities;
  return needs.filter((need) => (need === "isolated" ? isolation === "none" : !flags[need]));
}

let ids = 0;
/** A job with an id of its own. */
export const job = (payload: ContractPayload, parts: Partial<Job> = {}): Job => ({
  id: `job-${++ids}`,
  payload,
  ...parts,
});

/** A case on a pool that is started and stopped for it. */
export function contractCase(
  title: string,
  run: (pool: Pool) => Promise<void>,
  options: { size?: number; needs?: readonly PoolNeed[] } = {},
): PoolContractCase {
  const { size = 1, needs = [] } = options;
  return {
    title,
    needs,
    run: async (open) => {
      const pool = await open({ size });
      await pool.start();
      try {
        await run(pool);
      } finally {
        await pool.stop();
      }
    },
  };
}
