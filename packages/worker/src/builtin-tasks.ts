import type { App } from "@q/core";
import type { ResultBackend } from "@q/backends";
import { registerChordTasks } from "./builtins/chord-tasks.ts";
import { registerCompositeTasks } from "./builtins/composite-tasks.ts";
import { registerMappingTasks } from "./builtins/mapping-tasks.ts";
import { Workflow } from "./workflow/workflow.ts";

/**
 * Registers the tasks that every Celery worker knows, for what sends them by name: workflows, and Celery's beat every
 * night.
 *
 * @see wire protocol, "Built-in tasks every worker has"
 */
export function registerBuiltinTasks(app: App, backend: ResultBackend | undefined): void {
  if (app.tasks.find("celery.backend_cleanup") !== undefined) return;
  app.task({ name: "celery.backend_cleanup", ignoreResult: true }, async () => {
    await backend?.cleanup();
  });
  registerMappingTasks(app);
  registerCompositeTasks(app);
  registerChordTasks(app, { backend, workflow: new Workflow({ app, backend, logger: app.logger }) });
}
