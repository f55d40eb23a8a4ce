import repl from "node:repl";
import { Signature } from "@q/core";
import type { ArgumentsCamelCase, InferredOptionTypes } from "yargs";
import type { GlobalArguments } from "../global-options.ts";
import type { Io } from "../io.ts";
import { importTasks } from "../load-app.ts";
import { openApp } from "../open-app.ts";

/** Options of `q shell`. */
export const shellOptions = {
  "without-tasks": { alias: "T", type: "boolean", describe: "leave the tasks out" },
} as const;

/** The options of `q shell`, parsed. */
export type ShellArguments = GlobalArguments & ArgumentsCamelCase<InferredOptionTypes<typeof shellOptions>>;

/** A Node prompt with the app, its tasks by the last part of their names, and `Signature` at hand. */
export async function runShell(args: ShellArguments, io: Io): Promise<number> {
  await using app = await openApp(args, io);
  await importTasks(app, process.cwd());
  const tasks =
    args.withoutTasks === true ? [] : [...app.tasks].filter((task) => !task.name.startsWith("celery."));
  const globals = {
    ...Object.fromEntries(tasks.map((task) => [identifier(task.name), task])),
    app,
    celery: app,
    Signature,
    signature: app.signature.bind(app),
  };
  if (args.quiet !== true) {
    io.err(
      `q shell: app, Signature, signature${tasks.map((task) => `, ${identifier(task.name)}`).join("")}. await works. .exit ends.`,
    );
  }
  const server = repl.start({
    prompt: process.stdin.isTTY ? "> " : "",
    terminal: process.stdin.isTTY === true,
  });
  Object.assign(server.context, globals);
  await new Promise((resolve) => server.once("exit", resolve));
  return 0;
}

/** `proj.tasks.add` is `add` at the prompt. */
function identifier(name: string): string {
  const last = name.split(".").at(-1) ?? name;
  return last.replace(/\W/g, "_");
}
