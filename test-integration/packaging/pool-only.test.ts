import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { suiteResource } from "../harness/index.ts";
import { freshProject } from "./packed-packages.ts";

describe("a project that installs @q/pool only", () => {
  const project = suiteResource(() =>
    freshProject({ template: "pool-only", packages: ["kernel", "pool"], dependencies: ["@q/pool"] }),
  );

  it("calls functions in processes, threads and on its event loop, and ends by itself", async () => {
    const { stdout } = await project().run("node", "main.js");
    const remote = [[1, 4, 9], "name-4", "ERR_Q_TIME_LIMIT"];
    expect(JSON.parse(stdout)).toEqual({ processes: remote, threads: remote, solo: remote.slice(0, 2) });
  });

  it("receives nothing of tasks and brokers", async () => {
    const packages = await readdir(join(project().path, "node_modules/@q"));
    expect(packages.toSorted()).toEqual(["kernel", "pool"]);
  });
});
