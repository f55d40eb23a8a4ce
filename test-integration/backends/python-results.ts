import type { ResultBackend, ResultMeta } from "@q/backends";

/** A meta as a worker of ours makes it. */
export function meta(taskId: string, changes: Partial<ResultMeta> = {}): ResultMeta {
  return {
    taskId,
    status: "SUCCESS",
    result: null,
    traceback: null,
    children: [],
    dateDone: "2030-01-02T03:04:05.678000+00:00",
    ...changes,
  };
}

/** An error as we store it. */
export function failed(taskId: string, excType: string, excModule: string): ResultMeta {
  return meta(taskId, {
    status: "FAILURE",
    error: { excType, excModule, excMessage: ["boom", 42] },
    traceback: `${excType}: boom\n    at task (file:///app/tasks.js:1:1)`,
  });
}

/** The states of a task until it has ended. */
export async function statesUntilEnd(backend: ResultBackend, id: string): Promise<ResultMeta[]> {
  const states: ResultMeta[] = [];
  for await (const state of backend.watch([id], AbortSignal.timeout(20_000))) {
    states.push(state);
    if (["SUCCESS", "FAILURE", "REVOKED"].includes(state.status)) break;
  }
  return states;
}
