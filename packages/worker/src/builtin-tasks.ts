import type { App } from "@q/core";
import type { ResultBackend } from "@q/backends";

/** Registers the tasks that every Celery worker knows, for what sends them by name: Celery's beat, every night. */
export function registerBuiltinTasks(app: App, backend: ResultBackend | undefined): void {
  if (app.tasks.find("celery.backend_cleanup") !== undefined) return;
  app.task({ name: "celery.backend_cleanup", ignoreResult: true }, async () => {
    await backend?.cleanup();
  });
}
