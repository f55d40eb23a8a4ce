import { chdir, cwd } from "node:process";
import type { App } from "@q/core";
import { DEFAULT_CONFIG_MODULE, loadDefaultConfig, splitSpecifier } from "@q/core/internal";
import { UsageError } from "./errors.ts";
import { withEnvironment } from "./environment.ts";
import { forParser, optionsFor } from "./extensions/app-options.ts";
import type { GlobalArguments } from "./global-options.ts";
import type { Io } from "./io.ts";
import { anonymousApp, loadApp, prepareModule } from "./load-app.ts";

/** The app a command works with, its settings changed as the command line says. */
export async function openApp(
  args: GlobalArguments,
  io: Io,
  needs: { app: boolean } = { app: false },
): Promise<App> {
  if (args.workdir !== undefined) enter(args.workdir);
  const specifier = args.app ?? io.env["CELERY_APP"];
  if (specifier === undefined && needs.app) {
    throw new UsageError("Which app? Name it with -A, for example: q -A proj.tasks worker");
  }
  const app = specifier === undefined ? anonymousApp() : await loadApp(specifier, cwd());
  await configure(app, {
    named: args.config ?? io.env["CELERY_CONFIG_MODULE"],
    isDefault: specifier === undefined,
    isQuiet: [args.broker, io.env["CELERY_BROKER_URL"], io.env["C_WNOCONF"]].some(Boolean),
  });
  app.config.override({
    ...(args.broker !== undefined && { brokerUrl: args.broker }),
    ...(args.resultBackend !== undefined && { resultBackend: args.resultBackend }),
  });
  tellOptions(app, args, io);
  return app;
}

/** Gives the app the values of its own options. */
function tellOptions(
  app: App,
  args: GlobalArguments & { readonly _?: readonly (string | number)[] },
  { env }: Io,
): void {
  const command = String(args._?.[0] ?? "");
  const own = optionsFor(app, command);
  if (own.length === 0) return;
  const given = args as Readonly<Record<string, string | number | boolean | undefined>>;
  // The parser has seen the app's options only if one of them was typed.
  const known = withEnvironment(Object.fromEntries(own.map(([name, option]) => [name, forParser(option)])), {
    prefix: `CELERY_${command}`,
    env,
  });
  const options = Object.fromEntries(own.map(([name]) => [name, given[name] ?? known[name]?.default]));
  app.events.emit("options:parsed", { command, options });
}

/** Takes the configuration module that was named; the default app takes `celeryconfig` where there is one. */
async function configure(
  app: App,
  from: { readonly named: string | undefined; readonly isDefault: boolean; readonly isQuiet: boolean },
): Promise<void> {
  if (from.named !== undefined || from.isDefault)
    await prepareModule(splitSpecifier(from.named ?? DEFAULT_CONFIG_MODULE).path, cwd());
  if (from.named !== undefined) await app.config.configFromModule(from.named, { cwd: cwd() });
  else if (from.isDefault) await loadDefaultConfig(app.config, { cwd: cwd(), isQuiet: from.isQuiet });
}

function enter(workdir: string): void {
  try {
    chdir(workdir);
  } catch (error) {
    throw new UsageError(`--workdir ${workdir}: there is no such directory`, { cause: error });
  }
}
