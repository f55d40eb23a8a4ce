import { ImproperlyConfiguredError, nearestName } from "@q/kernel";
import { Conf } from "../conf/conf.ts";
import { findSetting, settingsTable } from "../conf/settings-table.ts";
import type { AppOptions } from "./app-options.ts";
import { App } from "./app.ts";

/** Options of an app that are not settings. */
const PARTS = [
  "broker",
  "backend",
  "strictTyping",
  "errors",
  "publishMiddleware",
  "executeMiddleware",
  "logger",
  "clock",
  "transports",
  "backends",
  "serializers",
  "compressions",
] as const satisfies readonly (keyof AppOptions)[];

/**
 * Makes an app. Nothing is read or connected until it is used.
 *
 * @throws {ImproperlyConfiguredError} for an unknown option; the message names the nearest one
 */
export function createApp(name: string, options: AppOptions = {}): App {
  const settings: Record<string, unknown> = { ...options };
  for (const part of PARTS) delete settings[part];
  refuseMisspeltParts(settings);
  if (options.broker !== undefined) settings["brokerUrl"] = options.broker;
  if (options.backend !== undefined) settings["resultBackend"] = options.backend;
  return new App(name, options, new Conf({ preset: settings }));
}

/** Settings look after themselves; a slip in a part's name would be compared with settings only. */
function refuseMisspeltParts(settings: Readonly<Record<string, unknown>>): void {
  for (const name of Object.keys(settings)) {
    if (findSetting(name) !== undefined) continue;
    const nearest = nearestName(name, [...PARTS, ...[...settingsTable.values()].map(({ key }) => key)]);
    if (!PARTS.some((part) => part === nearest)) continue;
    throw new ImproperlyConfiguredError(
      `createApp: there is no option "${name}". Did you mean "${nearest}"?`,
    );
  }
}
