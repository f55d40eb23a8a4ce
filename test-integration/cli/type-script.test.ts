import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { nodeProcess, tempFolder } from "../harness/index.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

it.each([{}, { type: "module" }])("runs an app in TypeScript of a package with %j", async (manifest) => {
  await using folder = await tempFolder("typescript");
  const modules = `${folder.path}/node_modules`;
  mkdirSync(`${modules}/@q`, { recursive: true });
  symlinkSync(`${root}/packages/core`, `${modules}/@q/core`);
  symlinkSync(`${root}/node_modules/tsx`, `${modules}/tsx`);
  writeFileSync(`${folder.path}/package.json`, JSON.stringify(manifest));
  writeFileSync(`${folder.path}/sum.ts`, "export const sum = (a: number, b: number): number => a + b;\n");
  writeFileSync(
    `${folder.path}/tasks.ts`,
    `import { createApp } from "@q/core";
     import { sum } from "./sum.ts";
     export const app = createApp("proj", { broker: "memory://" });
     app.task("proj.add", sum);`,
  );
  const check = nodeProcess("packages/cli/bin/q.js", ["-A", "./tasks.ts", "config", "check"], {
    cwd: folder.path,
  });
  const { code } = await check.exited;
  // Newer Nodes add a warning of their own when a package does not say which modules it has.
  expect(check.lines).toContain("OK: 1 settings, 1 tasks, broker memory:///");
  expect(code).toBe(0);
});
