import { arch, platform, release } from "node:os";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import type { ArgumentsCamelCase, InferredOptionTypes } from "yargs";
import type { GlobalArguments } from "../global-options.ts";
import type { Io } from "../io.ts";
import { openApp } from "../open-app.ts";
import { resultsOf } from "../output/banner.ts";
import { installedVersion } from "../output/installed-version.ts";
import { version } from "../version.ts";

/** Packages whose version matters for a bug report. */
const DRIVERS = [
  "ioredis",
  "amqplib",
  "libsql",
  "pg",
  "mysql2",
  "yaml",
  "@msgpack/msgpack",
  "lzma-native",
  "@bokuweb/zstd-wasm",
] as const;

/** Options of `q report`. */
export const reportOptions = {
  json: { alias: "j", type: "boolean", describe: "print JSON" },
} as const;

/** The options of `q report`, parsed. */
export type ReportArguments = GlobalArguments & ArgumentsCamelCase<InferredOptionTypes<typeof reportOptions>>;

/** Prints versions, platform and settings, secrets masked: what a bug report needs. */
export async function runReport(args: ReportArguments, io: Io): Promise<number> {
  await using app = await openApp(args, io);
  const report = {
    software: { q: version, node: process.version, platform: `${platform()} ${release()} ${arch()}` },
    drivers: Object.fromEntries(DRIVERS.map((name) => [name, driverVersion(name)])),
    app: {
      name: app.name,
      tasks: app.tasks.names(),
      broker: (await app.connectionForWrite()).asUri(),
      results: resultsOf(app),
    },
    settings: app.config.table(),
    withoutEffect: Object.fromEntries(app.config.withoutEffect()),
  };
  io.out(args.json === true ? JSON.stringify(report) : asText(report, app.config.humanize()));
  return 0;
}

/** The version that one of our packages loads: that does not depend on where the program is started. */
function driverVersion(name: string): string | undefined {
  const folders = ["@q/messaging", "@q/beat"].map((own) => dirname(fileURLToPath(import.meta.resolve(own))));
  return folders.map((folder) => installedVersion(name, folder)).find((found) => found !== undefined);
}

function asText(
  report: {
    software: object;
    drivers: object;
    app: { name: string; tasks: string[]; broker: string; results: string };
    withoutEffect: Readonly<Record<string, string>>;
  },
  settings: string,
): string {
  const { name, broker, results, tasks } = report.app;
  const withoutEffect = Object.entries(report.withoutEffect);
  const pairs = (object: object): string =>
    Object.entries(object)
      .map(([name, value]) => `${name}:${String(value ?? "not installed")}`)
      .join(" ");
  return [
    `software -> ${pairs(report.software)}`,
    `drivers  -> ${pairs(report.drivers)}`,
    `app      -> ${name} broker:${broker} results:${results} tasks:${tasks.length}`,
    ...(settings === "" ? [] : ["", settings]),
    ...(withoutEffect.length > 0
      ? [
          "",
          "Settings without effect:",
          ...withoutEffect.map(([setting, reason]) => `  ${setting}: ${reason}`),
        ]
      : []),
  ].join("\n");
}
