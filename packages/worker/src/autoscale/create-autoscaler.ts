import { ImproperlyConfiguredError } from "@q/kernel";
import { symbolByName } from "@q/core/internal";
import { Autoscaler, type AutoscalerOptions } from "./autoscaler.ts";

/** Celery's names of its own autoscaler; ours stands in for it. */
const CELERYS_OWN = /^celery\.worker\.autoscale:Autoscaler$/;

/**
 * The autoscaler that the setting `worker_autoscaler` names, or our own.
 *
 * @throws {ImproperlyConfiguredError} when there is no such class
 */
export async function createAutoscaler(
  setting: string | null,
  options: AutoscalerOptions,
): Promise<Autoscaler> {
  if (setting === null || CELERYS_OWN.test(setting)) return new Autoscaler(options);
  const found = await symbolByName(setting);
  if (typeof found !== "function")
    throw new ImproperlyConfiguredError(`worker_autoscaler: "${setting}" is not a class.`);
  return new (found as new (options: AutoscalerOptions) => Autoscaler)(options);
}
