import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { installedVersion } from "./installed-version.ts";

it("finds a package that does not export its manifest, from a folder below the project", () => {
  const project = mkdtempSync(join(tmpdir(), "q-installed-"));
  onTestFinished(() => rmSync(project, { recursive: true }));
  const [driver, below] = [join(project, "node_modules/libsql"), join(project, "src/jobs")];
  for (const folder of [driver, below]) mkdirSync(folder, { recursive: true });
  writeFileSync(join(driver, "package.json"), '{ "version": "1.2.3", "exports": "./index.js" }');

  expect(installedVersion("libsql", below)).toBe("1.2.3");
  expect(installedVersion("q-no-such-driver", below)).toBeUndefined();
});
