import { ImproperlyConfiguredError } from "@q/kernel";
import type { BackendContext, BackendFactory, ResultBackend } from "@q/backends";
import { symbolByName } from "../conf/symbol-by-name.ts";

/** A factory, or a class whose instances are backends. */
type MakesBackend = BackendFactory & (new (context: BackendContext) => ResultBackend);

/**
 * Names the backend of one's own that serves a scheme: `./results.js:createBackend` where the URL begins so, or what the
 * setting `override_backends` puts in the place of a built-in one. `undefined` for the others.
 */
export function customBackendOf(scheme: string, overrides: Readonly<Record<string, unknown>>): unknown {
  if (Object.hasOwn(overrides, scheme)) return overrides[scheme];
  return scheme.includes(":") ? scheme : undefined;
}

/** @throws {ImproperlyConfiguredError} when there is no such module or export, or it makes nothing */
export async function loadCustomBackend(named: unknown): Promise<BackendFactory> {
  const found = typeof named === "string" ? await symbolByName(named) : named;
  if (typeof found !== "function") {
    throw new ImproperlyConfiguredError(
      `the result backend ${JSON.stringify(named)} is no function and no class. Name one that makes a backend.`,
    );
  }
  // The one property that tells a class from a function: its prototype cannot be replaced.
  const isClass = Object.getOwnPropertyDescriptor(found, "prototype")?.writable === false;
  const makes = found as MakesBackend;
  return isClass ? (context) => new makes(context) : makes;
}
