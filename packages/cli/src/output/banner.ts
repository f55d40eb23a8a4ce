import type { App } from "@q/core";
import { censor, effectiveResultBackend } from "@q/core/internal";
import type { Worker } from "@q/worker";

/** What a worker says of itself when it starts. */
export function workerBanner(worker: Worker, version: string): string {
  const { app } = worker;
  const stats = worker.stats().pool;
  const queues = worker.queues.map((queue) => {
    const { name, exchange, routingKey } = queue;
    return `  .> ${name.padEnd(16)} exchange=${exchange.name || "(default)"}(${exchange.type}) key=${routingKey}`;
  });
  return [
    ` ${worker.hostname} v${version} (q)`,
    "",
    `  app:         ${app.name}`,
    `  transport:   ${worker.brokerUri}`,
    `  results:     ${resultsOf(app)}`,
    `  concurrency: ${stats?.size ?? 0} (${stats?.implementation ?? "none"})`,
    `  task events: ${worker.events?.sendsTaskEvents === true ? "ON" : "OFF (enable -E to monitor tasks)"}`,
    "",
    " [queues]",
    ...queues,
    "",
  ].join("\n");
}

/** Where the results of an app go, without secrets. */
export function resultsOf(app: App): string {
  const url = effectiveResultBackend(app.conf);
  return url === null ? "disabled" : String(censor("result_backend", url));
}

/** Names of the tasks a worker knows, without Celery's own. */
export function taskList(app: App): string {
  const names = app.tasks.names().filter((name) => !name.startsWith("celery."));
  return [" [tasks]", ...names.map((name) => `  . ${name}`), ""].join("\n");
}
