import { type ChildProgram } from "./child-program.ts";
import { nodeProcess } from "./node-process.ts";
import { uniqueName } from "./unique-name.ts";

export interface QWorkerOptions {
  /** Module of the app, relative to `test-integration`. */
  readonly app: string;
  readonly broker: string;
  /** More settings for an app that reads them from `SETTINGS`. */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** Path of a ledger for an app that reads it from `LEDGER`. */
  readonly ledger?: string;
  /** Kind of pool. Default `async`, which keeps workers light where the pool is not what is tested. */
  readonly pool?: string;
  /** More arguments of `q worker`. */
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string | undefined>>;
}

const folder: string = new URL("..", import.meta.url).pathname;

/** Starts the built `q worker` as users do, logging JSON lines, and does not wait. Build first: `pnpm build`. */
export function startQWorker(options: QWorkerOptions): ChildProgram {
  const { app, broker, settings = {}, ledger, pool = "async", args = [], env = {} } = options;
  const name = `${uniqueName("q")}@%h`;
  return nodeProcess(
    "packages/cli/bin/q.js",
    ["-A", app, "worker", "-l", "INFO", "--logformat", "json", "-n", name, "-P", pool, ...args],
    {
      cwd: folder,
      env: { BROKER_URL: broker, SETTINGS: JSON.stringify(settings), LEDGER: ledger, ...env },
    },
  );
}

/** As {@link startQWorker}, and resolves when the worker consumes. */
export async function qWorker(options: QWorkerOptions): Promise<ChildProgram> {
  const worker = startQWorker(options);
  try {
    await worker.waitFor(/ ready\.$/, { timeoutMs: 60_000 });
    return worker;
  } catch (error) {
    await worker[Symbol.asyncDispose]();
    throw error;
  }
}
