import { type App, createApp } from "@q/core";
import { registerInteropTasks } from "../tasks.ts";

const settings = JSON.parse(process.env["SETTINGS"] ?? "{}") as Readonly<Record<string, unknown>>;

/** The interop tasks for `q worker`, made from the environment as `qWorker` of the harness fills it. */
export const app: App = createApp("interop", {
  broker: process.env["BROKER_URL"] ?? "memory://",
  ...settings,
});

registerInteropTasks(app, { ledger: process.env["LEDGER"] });
