import { createApp } from "@q/core";
import type { Io } from "../io.ts";
import { importTasks } from "../load-app.ts";
import { openApp } from "../open-app.ts";
import { commandList, type RemoteKind } from "./remote-command.ts";

/** The commands of a kind for the help: with `-A` those of the app, too. An app that cannot be loaded costs its own ones. */
export async function remoteHelp(kind: RemoteKind, argv: readonly string[], io: Io): Promise<string> {
  const specifier = appOf(argv) ?? io.env["CELERY_APP"];
  if (specifier === undefined) return commandList(createApp("help", {}), kind);
  try {
    const app = await openApp({ app: specifier }, io);
    await importTasks(app, process.cwd());
    return commandList(app, kind);
  } catch {
    return commandList(createApp("help", {}), kind);
  }
}

function appOf(argv: readonly string[]): string | undefined {
  const at = argv.findIndex((text) => text === "-A" || text === "--app");
  if (at >= 0) return argv[at + 1];
  return argv.map((text) => /^(?:--app=|-A=?)(.+)$/.exec(text)?.[1]).find((found) => found !== undefined);
}
