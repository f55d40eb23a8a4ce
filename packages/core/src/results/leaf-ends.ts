import type { ResultMeta } from "@q/backends";
import type { App } from "../app/app.ts";
import type { AsyncResult } from "./async-result.ts";
import { EagerResult } from "./eager-result.ts";
import { errorOf } from "./result-error.ts";
import { EXCEPTION_STATES, READY_STATES } from "./states.ts";
import { type GetOptions, WaitLimit } from "./wait-limit.ts";

/** How one task ended. */
export interface LeafEnd {
  readonly id: string;
  readonly value: unknown;
  readonly error: Error | undefined;
}

/** What is stored of each, in order: one question to the backend, none for those that ran in this process. */
export async function leafMetas(
  app: App,
  leaves: readonly AsyncResult<unknown>[],
): Promise<(ResultMeta | undefined)[]> {
  const asked = leaves.filter((leaf) => !isLocal(leaf));
  const found = asked.length === 0 ? [] : await (await app.backend()).get(asked.map(({ id }) => id));
  const metas = new Map(asked.map(({ id }, index) => [id, found[index]]));
  return Promise.all(leaves.map(async (leaf) => (isLocal(leaf) ? leaf.meta() : metas.get(leaf.id))));
}

/** The end of each, as they come. */
export async function* leafEnds(
  app: App,
  leaves: readonly AsyncResult<unknown>[],
  options: GetOptions,
): AsyncGenerator<LeafEnd, void, undefined> {
  for (const leaf of leaves) if (isLocal(leaf)) yield await localEnd(leaf);
  const waiting = new Set(leaves.filter((leaf) => !isLocal(leaf)).map(({ id }) => id));
  if (waiting.size === 0) return;
  const backend = await app.backend();
  const limit = new WaitLimit(app.clock, options, `${waiting.size} tasks`);
  try {
    for await (const meta of backend.watch([...waiting], limit.signal)) {
      options.onMessage?.(meta);
      if (!READY_STATES.has(meta.status) || !waiting.delete(meta.taskId)) continue;
      yield endOf(meta, app);
      if (waiting.size === 0) return;
    }
    throw limit.signal.reason;
  } finally {
    limit.end();
  }
}

function endOf(meta: ResultMeta, app: App): LeafEnd {
  const error = EXCEPTION_STATES.has(meta.status) ? errorOf(meta, app) : undefined;
  return { id: meta.taskId, value: error ? undefined : meta.result, error };
}

async function localEnd(leaf: AsyncResult<unknown>): Promise<LeafEnd> {
  if (leaf.ignored) return { id: leaf.id, value: null, error: undefined };
  const error = EXCEPTION_STATES.has(await leaf.state()) ? ((await leaf.info()) as Error) : undefined;
  return { id: leaf.id, value: error ? undefined : await leaf.info(), error };
}

/** The task asked for no result, or has run here: nothing will come from the backend. */
function isLocal(leaf: AsyncResult<unknown>): boolean {
  return leaf.ignored || leaf instanceof EagerResult;
}
