// Looks at every public package as its users will get it: packed.
import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { root, run } from "./bootstrap.mjs";

/** Packs each package and runs publint and attw on the tarball. Returns whether all are sound. */
export function checkPackages() {
  const target = join(root, ".cache", "packed");
  rmSync(target, { recursive: true, force: true });
  mkdirSync(target, { recursive: true });

  const results = readdirSync(join(root, "packages")).map((name) => {
    const folder = join(root, "packages", name);
    const packed = execFileSync("pnpm", ["pack", "--json", "--pack-destination", target], {
      cwd: folder,
      encoding: "utf8",
    });
    const tarball = JSON.parse(packed).filename;
    const isPublishable = run("pnpm", "exec", "publint", "--strict", tarball);
    const hasSoundTypes = run(
      "pnpm",
      "exec",
      "attw",
      tarball,
      "--profile",
      "esm-only",
      "--format",
      "ascii",
      "-q",
    );
    return isPublishable && hasSoundTypes;
  });
  return results.every(Boolean);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exitCode = checkPackages() ? 0 : 1;
