import type { Executor } from "../executor/executor.ts";
import { jobs } from "./current-job.ts";
import type { FunctionCall } from "./function-call.ts";

/** Executor that runs the exported functions of a module, by name. `data.module` is a `file:` URL or a package. */
export async function createExecutor(data: unknown): Promise<Executor> {
  const { module } = data as { readonly module: string };
  const exported = (await import(module)) as Readonly<Record<string, unknown>>;
  return {
    execute: (payload, context) => {
      const { name, args } = payload as FunctionCall;
      const run = own(exported, name) ?? own(exported["default"], name);
      if (typeof run !== "function") throw new TypeError(`${module} exports no function named ${name}`);
      return jobs.run(context, () => (run as (...all: readonly unknown[]) => unknown)(...args));
    },
  };
}

/** Of a CommonJS module Node sees by name only what it can tell from the text: all that it exports is its `default`. */
function own(exported: unknown, name: string): unknown {
  return typeof exported === "object" && exported !== null && Object.hasOwn(exported, name)
    ? (exported as Readonly<Record<string, unknown>>)[name]
    : undefined;
}
