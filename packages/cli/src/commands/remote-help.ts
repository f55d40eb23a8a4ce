import { type App, createApp } from "@q/core";
import { valueOf } from "../command-line/argv.ts";
import type { Io } from "../io.ts";
import { importTasks } from "../load-app.ts";
import { openApp } from "../open-app.ts";
import { commandList, commandsOf, type RemoteKind } from "./remote-command.ts";

/** The commands of a kind for the help: with `-A` those of the app, too. */
export async function remoteHelp(kind: RemoteKind, argv: readonly string[], io: Io): Promise<string> {
  return commandList(await knownApp(argv, io), kind);
}

/** Their names. */
export async function remoteNames(
  kind: RemoteKind,
  argv: readonly string[],
  io: Io,
): Promise<readonly string[]> {
  return commandsOf(await knownApp(argv, io), kind).map(({ name }) => name);
}

/** The app that is named; an app that cannot be loaded costs its own commands. */
async function knownApp(argv: readonly string[], io: Io): Promise<App> {
  const specifier = valueOf(argv, "-A", "--app") ?? io.env["CELERY_APP"];
  if (specifier === undefined) return createApp("help", {});
  try {
    const app = await openApp({ app: specifier }, io);
    await importTasks(app, process.cwd());
    return app;
  } catch {
    return createApp("help", {});
  }
}
