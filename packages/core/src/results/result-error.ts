import type { ResultMeta } from "@q/backends";
import type { App } from "../app/app.ts";

/** The error that a stored result is about, rebuilt. */
export function errorOf(meta: ResultMeta, app: App): Error {
  if (meta.error === undefined) return new Error(String(meta.result));
  const error = app.errors.revive(meta.error, meta.traceback);
  if (app.conf.taskRemoteTracebacks && meta.traceback !== null)
    error.stack = `${error.stack}\n\nIn the worker:\n${meta.traceback}`;
  return error;
}
