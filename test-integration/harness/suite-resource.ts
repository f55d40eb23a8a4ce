import { afterAll, beforeAll } from "vitest";

/**
 * A disposable shared by the tests of the surrounding `describe` or file: opened before the first test,
 * disposed after the last.
 *
 * @example
 * const redis = suiteResource(() => startRedis());
 * it("answers", async () => expect(await redis().client().ping()).toBe("PONG"));
 */
export function suiteResource<T extends AsyncDisposable>(
  open: () => Promise<T>,
  timeoutMs = 240_000,
): () => T {
  let resource: T | undefined;
  beforeAll(async () => {
    resource = await open();
  }, timeoutMs);
  afterAll(async () => {
    await resource?.[Symbol.asyncDispose]();
  }, timeoutMs);
  return () => {
    if (resource === undefined) throw new Error("A suite resource can be used only inside tests and hooks.");
    return resource;
  };
}
