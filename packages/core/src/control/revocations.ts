import { asError } from "@q/kernel";
import type { App } from "../app/app.ts";

/** Celery's bound, and its variable: seconds that a revoked id is remembered. */
export function revokeExpiresSeconds(): number {
  const given = Number(process.env["CELERY_WORKER_REVOKE_EXPIRES"] ?? Number.NaN);
  return Number.isFinite(given) && given > 0 ? given : 10_800;
}

/**
 * Writes revoked ids where workers that start later find them, when the result backend can keep them. A backend that
 * cannot be reached is told to the log: those who listen hear of the revocation all the same.
 */
export async function recordRevoked(app: App, ids: readonly string[]): Promise<void> {
  try {
    const backend = await backendOf(app);
    await backend?.revocations?.add(ids, revokeExpiresSeconds());
  } catch (thrown) {
    app.logger.warn(
      { err: asError(thrown) },
      "a revocation could not be recorded: workers that start later do not know of it",
    );
  }
}

/** Ids that are recorded as revoked; none when there is no backend that keeps them. @throws {BackendGetError} */
export async function recordedRevocations(app: App): Promise<readonly string[]> {
  return (await (await backendOf(app))?.revocations?.list()) ?? [];
}

/** Whether revocations outlive the processes that heard of them. */
export async function recordsRevocations(app: App): Promise<boolean> {
  return (await backendOf(app))?.revocations !== undefined;
}

async function backendOf(app: App): Promise<Awaited<ReturnType<App["backend"]>> | undefined> {
  try {
    return await app.backend();
  } catch (error) {
    if ((error as { code?: unknown }).code === "ERR_Q_NO_BACKEND") return undefined;
    throw error;
  }
}
