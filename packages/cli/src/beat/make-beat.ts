import { Beat, type BeatOptions } from "@q/beat";
import type { App } from "@q/core";
import { loadModule, pickExport, splitSpecifier } from "@q/core/internal";
import type { Service } from "@q/kernel";
import { UsageError } from "../errors.ts";
import { prepareModule } from "../load-app.ts";

/** What a module that `-S` names exports: makes a scheduler of one's own. */
export type SchedulerFactory = (options: BeatOptions, app: App) => Service | Promise<Service>;

/** Names of Celery's own scheduler, which ours stands in for. */
const BUILT_IN = /^(celery\.beat[.:](Persistent)?Scheduler|persistent)$/;

/** Makes the scheduler that `-S` or the setting `beat_scheduler` names; ours by default. @throws {UsageError} */
export async function makeScheduler(
  specifier: string | null,
  options: BeatOptions,
  app: App,
): Promise<{ readonly name: string; readonly service: Service }> {
  if (specifier === null || BUILT_IN.test(specifier)) return { name: "q.beat", service: new Beat(options) };
  const { path, attribute = "createScheduler" } = splitSpecifier(specifier);
  await prepareModule(path, process.cwd());
  let factory: unknown;
  try {
    factory = pickExport((await loadModule(path)) ?? {}, { path, attribute });
  } catch (error) {
    throw new UsageError(`the scheduler "${specifier}" cannot be loaded`, { cause: error });
  }
  if (typeof factory !== "function")
    throw new UsageError(`the scheduler "${specifier}" is not a function (options, app) => scheduler`);
  return { name: specifier, service: await (factory as SchedulerFactory)(options, app) };
}
