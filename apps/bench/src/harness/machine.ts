import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { cpus, loadavg, release, totalmem } from "node:os";
import { dirname, join } from "node:path";
import { celeryVersions } from "../services/python.ts";
import type { Services } from "../services/services.ts";

/** The machine and everything that was measured on it, with versions. */
export function describeMachine(services: Services): string {
  const cpu = cpus();
  const memory = Math.round(totalmem() / 2 ** 30);
  return [
    `- Machine: ${cpu.length} × ${cpu[0]?.model.trim()}, ${memory} GB, Linux ${release()}`,
    `- Node ${process.versions.node}; ioredis ${versionOf("ioredis")}, amqplib ${versionOf("amqplib")}, ` +
      `libsql ${versionOf("libsql")}, BullMQ ${versionOf("bullmq")}`,
    `- ${celeryVersions()}`,
    `- Redis ${services.redis.version} (private, no persistence), RabbitMQ ${services.rabbit?.version ?? "absent"}`,
  ].join("\n");
}

/** The load of the last minute, which tells whether others used the machine. */
export function describeLoad(): string {
  return (loadavg()[0] ?? 0).toFixed(1);
}

function versionOf(name: string): string {
  // Not `name/package.json`: an exports map may hide it.
  let directory = dirname(createRequire(import.meta.url).resolve(name));
  for (;;) {
    try {
      const manifest = JSON.parse(readFileSync(join(directory, "package.json"), "utf8")) as {
        name?: string;
        version?: string;
      };
      if (manifest.name === name && manifest.version !== undefined) return manifest.version;
    } catch {
      // No manifest here; look above.
    }
    if (directory === dirname(directory)) return "unknown";
    directory = dirname(directory);
  }
}
