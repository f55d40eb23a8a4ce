import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

/** The version of a package that a program in `folder` would load; `undefined` when there is none. */
export function installedVersion(name: string, folder: string): string | undefined {
  // The manifest is read as a file: few packages export it.
  for (const modules of createRequire(join(folder, "package.json")).resolve.paths(name) ?? []) {
    try {
      const manifest = readFileSync(join(modules, name, "package.json"), "utf8");
      return (JSON.parse(manifest) as { version: string }).version;
    } catch {
      // Not in this one.
    }
  }
  return undefined;
}
