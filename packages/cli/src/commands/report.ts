import { createRequire } from "node:module";
import { arch, platform, release } from "node:os";
import type { ArgumentsCamelCase, InferredOptionTypes } from "yargs";
import type { GlobalArguments } from "../global-options.ts";
import type { Io } from "../io.ts";
import { openApp } from "../open-app.ts";
import { version } from "../version.ts";

/** Packages whose version matters for a bug report. */
const DRIVERS = ["ioredis", "amqplib", "libsql", "yaml", "@msgpack/msgpack"] as const;

/** Options of `q report`. */
export const reportOptions = {
  json: { alias: "j", type: "boolean", describe: "print JSON" },
} as const;

/** The options of `q report`, parsed. */
export type ReportArguments = GlobalArguments & ArgumentsCamelCase<InferredOptionTypes<typeof reportOptions>>;

/** Prints versions, platform and settings, secrets masked: what a bug report needs. */
export async function runReport(args: ReportArguments, io: Io): Promise<number> {
  await using app = await openApp(args, io);
  const ignored = app.config.notHonoured();
  const report = {
    software: { q: version, node: process.version, platform: `${platform()} ${release()} ${arch()}` },
    drivers: Object.fromEntries(DRIVERS.map((name) => [name, installedVersion(name)])),
    app: { name: app.name, tasks: app.tasks.names(), broker: (await app.connectionForWrite()).asUri() },
    settings: app.config.table(),
    notYetHonoured: ignored,
  };
  io.out(args.json === true ? JSON.stringify(report) : asText(report, app.config.humanize()));
  return 0;
}

function asText(
  report: {
    software: object;
    drivers: object;
    app: { name: string; tasks: string[]; broker: string };
    notYetHonoured: string[];
  },
  settings: string,
): string {
  const pairs = (object: object): string =>
    Object.entries(object)
      .map(([name, value]) => `${name}:${String(value ?? "not installed")}`)
      .join(" ");
  return [
    `software -> ${pairs(report.software)}`,
    `drivers  -> ${pairs(report.drivers)}`,
    `app      -> ${report.app.name} broker:${report.app.broker} tasks:${report.app.tasks.length}`,
    "",
    settings,
    ...(report.notYetHonoured.length > 0
      ? [
          "",
          "Settings that are read but have no effect in this version:",
          ...report.notYetHonoured.map((name) => `  ${name}`),
        ]
      : []),
  ].join("\n");
}

function installedVersion(name: string): string | undefined {
  try {
    const require = createRequire(`${process.cwd()}/package.json`);
    return (require(`${name}/package.json`) as { version: string }).version;
  } catch {
    return undefined;
  }
}
