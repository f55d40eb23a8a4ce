import { Beat, type BeatOptions } from "@q/beat";
import type { App } from "@q/core";
import { loadModule, pickExport, splitSpecifier } from "@q/core/internal";
import { asError, construct, type Service } from "@q/kernel";
import { UsageError } from "../errors.ts";
import { prepareModule } from "../load-app.ts";

/** Names of Celery's own scheduler, which ours stands in for. */
const BUILT_IN = /^(celery\.beat[.:](Persistent)?Scheduler|persistent)$/;

/**
 * Makes the scheduler that `-S` or the setting `beat_scheduler` names, a function or class; ours by default.
 *
 * @throws {UsageError} when there is no such export
 * @throws {ImproperlyConfiguredError} when it makes no scheduler
 */
export async function makeScheduler(
  specifier: string | null,
  options: BeatOptions,
  app: App,
): Promise<{ readonly name: string; readonly service: Service }> {
  if (specifier === null || BUILT_IN.test(specifier)) return { name: "q.beat", service: new Beat(options) };
  const { path, attribute = "createScheduler" } = splitSpecifier(specifier);
  await prepareModule(path, process.cwd());
  let maker: unknown;
  try {
    maker = pickExport((await loadModule(path)) ?? {}, { path, attribute });
  } catch (error) {
    throw new UsageError(`the scheduler "${specifier}" cannot be loaded: ${asError(error).message}`, {
      cause: error,
    });
  }
  const service = await construct<Service>(maker, {
    name: `the scheduler "${specifier}"`,
    args: [options, app],
    methods: ["start", "drain", "stop"],
  });
  return { name: specifier, service };
}
