import type { GlobalArguments } from "../global-options.ts";
import type { Io } from "../io.ts";
import { openApp } from "../open-app.ts";

/** Reads the configuration as a worker would and reports what is wrong with it; errors are thrown with their reason. */
export async function runConfigCheck(args: GlobalArguments, io: Io): Promise<number> {
  await using app = await openApp(args, io);
  app.config.configFromCmdline(args["--"] ?? []);
  const set = app.config.table();
  for (const name of app.config.notHonoured())
    io.err(`warning: ${name} is read but has no effect in this version`);
  io.out(`OK: ${Object.keys(set).length} settings, broker ${(await app.connectionForWrite()).asUri()}`);
  return 0;
}
