import { construct } from "@q/kernel";
import type { BackendFactory, ResultBackend } from "@q/backends";
import { symbolByName } from "../conf/symbol-by-name.ts";

/**
 * Names the backend of one's own that serves a scheme: `./results.js:createBackend` where the URL begins so, or what the
 * setting `override_backends` puts in the place of a built-in one. `undefined` for the others.
 */
export function customBackendOf(scheme: string, overrides: Readonly<Record<string, unknown>>): unknown {
  if (Object.hasOwn(overrides, scheme)) return overrides[scheme];
  return scheme.includes(":") ? scheme : undefined;
}

/** @throws {ImproperlyConfiguredError} when there is no such module or export */
export async function loadCustomBackend(named: unknown): Promise<BackendFactory> {
  const found = typeof named === "string" ? await symbolByName(named) : named;
  const name = `the result backend ${typeof named === "function" ? named.name : JSON.stringify(named)}`;
  return (context) =>
    construct<ResultBackend>(found, { name, args: [context], methods: ["store", "get", "watch"] });
}
