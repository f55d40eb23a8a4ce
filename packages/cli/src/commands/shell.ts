import repl from "node:repl";
import { text } from "node:stream/consumers";
import { compileFunction } from "node:vm";
import { chain, chord, chunks, group, Signature, starmap, xmap } from "@q/core";
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

/** What workflows are made of; `xstarmap` is Celery's name. */
const CANVAS = { chain, chord, chunks, group, starmap, xmap, xstarmap: starmap, Signature } as const;

/**
 * A Node prompt with the app, its tasks by the last part of their names, and what workflows are made of at hand. A task
 * of the same name hides what it is named like. What is piped into it runs as a script, which may await and prints
 * what it logs.
 */
export async function runShell(args: ShellArguments, io: Io): Promise<number> {
  await using app = await openApp(args, io);
  await importTasks(app, process.cwd());
  const tasks =
    args.withoutTasks === true ? [] : [...app.tasks].filter((task) => !task.name.startsWith("celery."));
  const globals = {
    ...CANVAS,
    signature: app.signature.bind(app),
    ...Object.fromEntries(tasks.map((task) => [identifier(task.name), task])),
    app,
    celery: app,
  };
  if (!process.stdin.isTTY) {
    await script(await text(process.stdin), globals);
    return 0;
  }
  if (args.quiet !== true) {
    io.err(`q shell: ${Object.keys(globals).join(", ")}. await works. .exit ends.`);
  }
  const server = repl.start({ prompt: "> ", terminal: true });
  Object.assign(server.context, globals);
  await new Promise((resolve) => server.once("exit", resolve));
  return 0;
}

/** Lines of a prompt would run into each other: it does not wait for a line that awaits. */
async function script(code: string, globals: Readonly<Record<string, unknown>>): Promise<void> {
  const run = compileFunction(`return (async () => {${code}\n})();`, Object.keys(globals), {
    filename: "stdin",
  }) as (...values: readonly unknown[]) => Promise<void>;
  await run(...Object.values(globals));
}

/** `proj.tasks.add` is `add` at the prompt. */
function identifier(name: string): string {
  const last = name.split(".").at(-1) ?? name;
  return last.replace(/\W/g, "_");
}
