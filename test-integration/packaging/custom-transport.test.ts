import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { suiteResource } from "../harness/index.ts";
import { freshProject, WORKER_PACKAGES } from "./packed-packages.ts";

const tsc = fileURLToPath(new URL("../../node_modules/.bin/tsc", import.meta.url));
const typeRoots = fileURLToPath(new URL("../../node_modules/@types", import.meta.url));

describe("a transport in a package of somebody else", () => {
  const project = suiteResource(() =>
    freshProject({
      template: "custom-transport",
      packages: WORKER_PACKAGES,
      dependencies: ["@q/core", "@q/worker", "@q/messaging", "@q/kernel", "q-letterbox@file:./q-letterbox"],
    }),
  );

  it("keeps the contract, as the exported kits see it", async () => {
    const { stdout } = await project().run("node", "--test", "--test-reporter=tap", "contract.test.mjs");
    expect(stdout).toMatch(/^# fail 0$/m);
    expect(Number(/^# pass (\d+)$/m.exec(stdout)?.[1])).toBeGreaterThan(40);
  });

  it("is checked against the published types", async () => {
    await project().run(tsc, "-p", "tsconfig.json", "--typeRoots", typeRoots);
  });

  it.each([
    ["registered in a registry of its own", "registry"],
    ["registered beside the built-in transports", "besideOurs"],
    ["named by module and export in the URL", "url"],
  ])("carries tasks, results and retries when it is %s", async (_how, way) => {
    const { stdout } = await project().run("node", "run-task.js", way);
    expect(JSON.parse(stdout)).toEqual({ sum: 2450, retries: 2 });
  });
});
