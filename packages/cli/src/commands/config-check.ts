import { QError } from "@q/kernel";
import { ConnectionError } from "@q/messaging";
import type { App } from "@q/core";
import type { GlobalArguments } from "../global-options.ts";
import type { Io } from "../io.ts";
import { importTasks } from "../load-app.ts";
import { openApp } from "../open-app.ts";

/**
 * Reads what a worker would read: the configuration, the modules with the tasks, the options of every task, the routes,
 * and the options of the broker and the result backend. What is wrong is thrown with its reason; that the broker is
 * away just now is not wrong.
 */
export async function runConfigCheck(args: GlobalArguments, io: Io): Promise<number> {
  await using app = await openApp(args, io);
  app.config.configFromCmdline(args["--"] ?? []);
  await importTasks(app, process.cwd());
  for (const task of app.tasks) void task.resolved;
  void app.router;
  await app.codec();
  await app.backend().catch((error: unknown) => {
    if (!QError.is(error) || error.code !== "ERR_Q_NO_BACKEND") throw error;
  });
  for (const [name, reason] of app.config.withoutEffect())
    io.err(`warning: ${name} has no effect: ${reason}`);
  const set = Object.keys(app.config.table()).length;
  io.out(`OK: ${set} settings, ${app.tasks.names().length} tasks, broker ${await broker(app, io)}`);
  return 0;
}

/** The broker's URL, when its options are right. */
async function broker(app: App, io: Io): Promise<string> {
  const connection = await app.connectionForRead();
  try {
    await connection.connect({
      policy: { maxRetries: 0, intervalStart: 0, intervalStep: 0, intervalMax: 0 },
    });
  } catch (error) {
    if (!(error instanceof ConnectionError)) throw error;
    io.err(`warning: ${error.message}`);
  } finally {
    await connection.close();
  }
  return connection.asUri();
}
