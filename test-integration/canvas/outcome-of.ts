import { type App, READY_STATES } from "@q/core";
import type { Outcome } from "./canvas-model.ts";

/** What sending a workflow gives: a result, or one for each member of a group at its end. */
export interface Handle {
  readonly id: string;
  readonly results?: readonly Handle[];
}

/** The end of what a handle stands for, in the shape of the model's. */
export async function outcomeOf(app: App, handle: Handle, waitMs: number): Promise<Outcome> {
  if (handle.results)
    return { members: await Promise.all(handle.results.map((one) => outcomeOf(app, one, waitMs))) };
  const backend = await app.backend();
  for await (const meta of backend.watch([handle.id], AbortSignal.timeout(waitMs))) {
    if (!READY_STATES.has(meta.status)) continue;
    return meta.status === "SUCCESS" ? { value: meta.result } : { failed: true };
  }
  throw new Error(`${handle.id} has not come to an end within ${waitMs} ms`);
}
