import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { suiteResource } from "../harness/index.ts";
import { freshProject } from "./packed-packages.ts";

describe("a project that installs @q/beat only", () => {
  const project = suiteResource(() =>
    freshProject({ template: "beat-only", packages: ["kernel", "beat"], dependencies: ["@q/beat"] }),
  );

  it("is called when something is due, keeps its schedule in a file, and ends by itself", async () => {
    const { stdout } = await project().run("node", "embed.js");
    expect(JSON.parse(stdout)).toEqual({ seen: ["often", "often", "often", "soon"], paused: ["nightly"] });
    expect(await readdir(project().path)).toContain("schedule");
  });

  it("receives no broker, no app and no driver", async () => {
    const modules = join(project().path, "node_modules");
    expect((await readdir(join(modules, "@q"))).toSorted()).toEqual(["beat", "kernel"]);
    const others = (await readdir(modules)).filter((name) => !/^[.@]/.test(name));
    expect(others.toSorted()).toEqual(["luxon", "suncalc"]);
  });

  it.each([
    ["redis://localhost:1", "ioredis"],
    ["postgres://localhost:1/beat", "pg"],
    ["mysql://localhost:1/beat", "mysql2"],
  ])("is told how to install the driver of %s", async (url, driver) => {
    const { stdout } = await project().run("node", "without-driver.js", url);
    const error = JSON.parse(stdout) as { code: string; message: string };
    expect(error.code).toBe("ERR_Q_MISSING_DRIVER");
    expect(error.message).toMatch(new RegExp(`Run: npm install ${driver}$`));
  });
});
