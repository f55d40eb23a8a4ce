import { arch, release, type as systemType } from "node:os";
import type { App } from "@q/core";

/** Versions, platform and settings of a worker as text, secrets masked. */
export function bugReport(app: App): string {
  return [
    "",
    `software -> q node:${process.versions.node}`,
    `platform -> system:${systemType()} arch:${arch()} kernel version:${release()}`,
    `app      -> ${app.name} tasks:${app.tasks.names().length}`,
    "",
    app.config.humanize(),
    "",
  ].join("\n");
}
