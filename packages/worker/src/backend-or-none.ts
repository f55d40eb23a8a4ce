import { NoBackendError, type ResultBackend } from "@q/backends";
import type { App } from "@q/core";

/** The result backend, or nothing when results are switched off. */
export async function backendOrNone(app: App): Promise<ResultBackend | undefined> {
  try {
    return await app.backend();
  } catch (error) {
    if (error instanceof NoBackendError) return undefined;
    throw error;
  }
}
