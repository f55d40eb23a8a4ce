import type { ArgumentsCamelCase, InferredOptionTypes } from "yargs";
import { EXIT } from "../errors.ts";
import type { GlobalArguments } from "../global-options.ts";
import type { Io } from "../io.ts";
import { openApp } from "../open-app.ts";

/** Options of `q result`. */
export const resultOptions = {
  traceback: { type: "boolean", describe: "print the stack of a failed task instead" },
  wait: { alias: "w", type: "number", describe: "wait so many seconds for the task to end" },
  task: { alias: "t", type: "string", describe: "name of the task; accepted for Celery's sake" },
  json: { alias: "j", type: "boolean", describe: "print JSON" },
} as const;

/** The options of `q result`, parsed. */
export type ResultArguments = GlobalArguments & ArgumentsCamelCase<InferredOptionTypes<typeof resultOptions>>;

/** Prints what is stored of a task; exit code 1 when it failed. */
export async function runResult(args: ResultArguments & { id: string }, io: Io): Promise<number> {
  await using app = await openApp(args, io);
  const result = app.AsyncResult(args.id);
  if (args.wait !== undefined) await result.get({ timeout: args.wait, propagate: false });
  const meta = await result.meta();
  const info = meta?.error ? `${meta.error.excType}: ${String(meta.error.excMessage)}` : meta?.result;
  if (args.json === true) {
    io.out(
      JSON.stringify({
        id: args.id,
        status: meta?.status ?? "PENDING",
        result: info ?? null,
        traceback: meta?.traceback ?? null,
      }),
    );
  } else if (args.traceback === true) {
    io.out(meta?.traceback ?? "");
  } else {
    io.out(meta === undefined ? "PENDING" : typeof info === "string" ? info : JSON.stringify(info ?? null));
  }
  return meta?.status === "FAILURE" || meta?.status === "REVOKED" ? EXIT.failure : EXIT.ok;
}
