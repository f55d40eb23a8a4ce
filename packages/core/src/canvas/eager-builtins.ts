import type { App } from "../app/app.ts";
import { NotRegisteredError } from "../errors.ts";
import type { SignatureJson } from "../protocol/embed.ts";
import { TaskBase } from "../tasks/task-base.ts";
import { bindTask } from "../tasks/task.ts";
import { nodeFromJson } from "./node-json.ts";
import { prependArgs } from "./partial.ts";

interface Mapping {
  readonly task: SignatureJson;
  readonly it: readonly unknown[];
}

/**
 * The tasks that every worker has, for programs that run workflows themselves.
 *
 * @throws {NotRegisteredError} for any other name
 */
export function eagerBuiltin(app: App, name: string): TaskBase {
  const run = builtins[name];
  if (run === undefined) throw new NotRegisteredError(name);
  const task = new TaskBase();
  task.name = name;
  task.options = { name, typing: false };
  task.run_ = (...args: unknown[]) => run(app, args);
  return bindTask(task, app);
}

const builtins: Readonly<Record<string, (app: App, args: unknown[]) => Promise<unknown>>> = {
  "celery.accumulate": async (_, args) => accumulated(args),
  "celery.map": (app, [kwargs]) => callEach(app, kwargs as Mapping, (item) => [item]),
  "celery.starmap": (app, [kwargs]) => callEach(app, kwargs as Mapping, (item) => item as unknown[]),
  "celery.chunks": (app, [kwargs]) => callEach(app, kwargs as Mapping, (item) => item as unknown[]),
};

/** All arguments, or the one at `index`. */
function accumulated(args: unknown[]): unknown {
  const last = args.at(-1);
  const hasIndex = typeof last === "object" && last !== null && "index" in last;
  return hasIndex && typeof last.index === "number" ? args[last.index] : args;
}

async function callEach(
  app: App,
  { task, it }: Mapping,
  argsOf: (item: unknown) => readonly unknown[],
): Promise<unknown[]> {
  const values: unknown[] = [];
  for (const item of it) {
    const result = await app.caller.applyCanvas(prependArgs(nodeFromJson(task), argsOf(item)), {
      throw: true,
    });
    values.push(await result?.get({ disableSyncSubtasks: false }));
  }
  return values;
}
