export type { CommandPlugin, CommandPluginContext } from "./extensions/command-plugin.ts";
export { EXIT, UsageError } from "./errors.ts";
export type { Io } from "./io.ts";
export { main } from "./main.ts";
export { createLogger } from "./output/logger.ts";
export type { LogOptions } from "./output/logger.ts";
