import { construct } from "@q/kernel";
import { symbolByName } from "@q/core/internal";
import { Autoscaler, type AutoscalerOptions } from "./autoscaler.ts";

/** Celery's names of its own autoscaler; ours stands in for it. */
const CELERYS_OWN = /^celery\.worker\.autoscale:Autoscaler$/;

/**
 * The autoscaler that the setting `worker_autoscaler` names, or our own.
 *
 * @throws {ImproperlyConfiguredError} when there is no such class or function, or what it makes is no autoscaler
 */
export async function createAutoscaler(
  setting: string | null,
  options: AutoscalerOptions,
): Promise<Autoscaler> {
  if (setting === null || CELERYS_OWN.test(setting)) return new Autoscaler(options);
  return construct<Autoscaler>(await symbolByName(setting), {
    name: `the worker_autoscaler "${setting}"`,
    args: [options],
    methods: ["start", "stop", "update", "forceScaleUp", "forceScaleDown", "info"],
  });
}
