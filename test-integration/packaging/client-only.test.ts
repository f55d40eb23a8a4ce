import { readdir } from "node:fs/promises";
import { isBuiltin } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createApp } from "@q/core";
import { Worker } from "@q/worker";
import { beforeAll, describe, expect, it } from "vitest";
import { type RedisServer, requires, startRedis, suiteResource } from "../harness/index.ts";
import { CLIENT_PACKAGES, type FreshProject, freshProject } from "./packed-packages.ts";

const tsc = fileURLToPath(new URL("../../node_modules/.bin/tsc", import.meta.url));
const typeRoots = fileURLToPath(new URL("../../node_modules/@types", import.meta.url));

async function installed(project: FreshProject): Promise<string[]> {
  const modules = join(project.path, "node_modules");
  const names = (await readdir(modules)).filter((name) => !name.startsWith("."));
  const ours = (await readdir(join(modules, "@q"))).map((name) => `@q/${name}`);
  return [...names.filter((name) => name !== "@q"), ...ours].toSorted();
}

/** A worker in this process, on the source of the packages. */
async function startWorker(redis: RedisServer): Promise<AsyncDisposable> {
  const app = createApp("server", { broker: redis.url, backend: redis.url });
  app.task("packaging.add", (x: number, y: number) => x + y);
  const worker = new Worker(app);
  await worker.start();
  return {
    async [Symbol.asyncDispose]() {
      await worker.stop();
      await app.close();
    },
  };
}

requires("redis")("a project with only @q/core and ioredis installed", () => {
  const redis = suiteResource(() => startRedis());
  const project = suiteResource(() =>
    freshProject({
      template: "client-only",
      packages: CLIENT_PACKAGES,
      dependencies: ["@q/core", "ioredis@^6.0.0"],
    }),
  );

  it("sends a task and gets its result, and ends by itself", async () => {
    await using _worker = await startWorker(redis());
    const { stdout } = await project().run("node", "send.js", redis().url);
    expect(JSON.parse(stdout)).toEqual({ value: 5 });
  });

  it("does the same from CommonJS", async () => {
    await using _worker = await startWorker(redis());
    const { stdout } = await project().run("node", "send.cjs", redis().url);
    expect(JSON.parse(stdout)).toEqual({ value: 23 });
  });

  it("receives no other driver, no worker and no command line", async () => {
    const names = await installed(project());
    expect(names).toEqual(
      expect.arrayContaining([...CLIENT_PACKAGES.map((name) => `@q/${name}`), "ioredis"]),
    );
    expect(names.filter((name) => name.startsWith("@q/"))).toHaveLength(CLIENT_PACKAGES.length);
    const unwanted = [
      "piscina",
      "yargs",
      "pino",
      "luxon",
      "yaml",
      "amqplib",
      "libsql",
      "lzma-native",
      "vitest",
    ];
    expect(names.filter((name) => unwanted.includes(name))).toEqual([]);
  });

  it("compiles against the published types, libraries checked too, and is refused what is wrong", async () => {
    await project().run(tsc, "-p", "tsconfig.json", "--typeRoots", typeRoots);
  });

  it("loads no driver, no schema library and no connection when it imports @q/core", async () => {
    const { stdout } = await project().run("node", "loaded-files.js");
    const loaded = stdout.split("\n").filter((url) => url.startsWith("file:"));
    const packages = loaded.map((url) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url)?.[1]);
    expect(new Set(packages)).toEqual(new Set(["@q/core", "@q/kernel", "@q/messaging"]));
    expect(
      loaded.filter((url) => /transports|\/connection\/|app-connections|serializers|compression/.test(url)),
    ).toEqual([]);
    // Each file costs about half a millisecond before a line of it has run.
    expect(loaded.length).toBeLessThanOrEqual(105);
  });

  describe("and then ioredis removed", () => {
    beforeAll(() =>
      project().run("npm", "uninstall", "ioredis", "--no-audit", "--no-fund", "--loglevel=error"),
    );

    it.each([
      { url: "redis://localhost:1", driver: "ioredis" },
      { url: "amqp://localhost:1", driver: "amqplib" },
      // A newer Node brings a driver of its own.
      ...(isBuiltin("node:sqlite") ? [] : [{ url: "sqlite://", driver: "libsql" }]),
      { url: "memory://", backend: "redis://localhost:1", driver: "ioredis" },
    ])("is told how to install the driver of $url with $backend", async ({ url, backend = "", driver }) => {
      const { stdout } = await project().run("node", "without-driver.js", url, backend);
      const error = JSON.parse(stdout) as { code: string; message: string };
      expect(error.code).toBe("ERR_Q_MISSING_DRIVER");
      expect(error.message).toMatch(new RegExp(`Run: npm install ${driver}$`));
    });
  });
});
