import type { RevocationKind } from "@q/backends";
import { asError } from "@q/kernel";
import type { App } from "../app/app.ts";

/** Celery's bound, and its variable: seconds that a revocation is remembered. */
export function revokeExpiresSeconds(): number {
  const given = Number(process.env["CELERY_WORKER_REVOKE_EXPIRES"] ?? Number.NaN);
  return Number.isFinite(given) && given > 0 ? given : 10_800;
}

/** Stamps as texts, one for each value: what revocations by stamp are kept as. */
export function stampTexts(stamps: Iterable<readonly [header: string, values: unknown]>): string[] {
  return [...stamps].flatMap(([header, values]) =>
    (Array.isArray(values) ? (values as unknown[]) : [values]).map((value) =>
      JSON.stringify([header, value]),
    ),
  );
}

/**
 * Writes ids, or the texts of stamps, where workers that start later find them, when the result backend can keep them.
 * A backend that cannot be reached is told to the log: those who listen hear of the revocation all the same. Resolves
 * with whether they will find it.
 */
export async function recordRevoked(
  app: App,
  kind: RevocationKind,
  texts: readonly string[],
): Promise<boolean> {
  try {
    const revocations = (await backendOf(app))?.revocations;
    await revocations?.add(kind, texts, revokeExpiresSeconds());
    return revocations !== undefined;
  } catch (thrown) {
    app.logger.warn(
      { err: asError(thrown) },
      "a revocation could not be recorded: workers that start later do not know of it",
    );
    return false;
  }
}

/** What is recorded as revoked; nothing when there is no backend that keeps it. @throws {BackendGetError} */
export async function recordedRevocations(app: App, kind: RevocationKind): Promise<readonly string[]> {
  return (await (await backendOf(app))?.revocations?.list(kind)) ?? [];
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
