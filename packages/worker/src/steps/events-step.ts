import type { Bootstep } from "../blueprint.ts";
import { WorkerEvents } from "../monitor/worker-events.ts";
import type { Worker } from "../worker.ts";

/** Seconds between heartbeats, as in Celery. */
const HEARTBEAT_SECONDS = 2;

/** Events for monitors and for other workers; on every broker that has topic exchanges. */
export const eventsStep: Bootstep<Worker> = {
  name: "events",
  requires: ["consumer"],
  async start(worker) {
    if (worker.isStopping) return;
    const { app, hostname, options } = worker;
    const { withoutHeartbeat = false, heartbeatInterval = 0 } = options;
    const heartbeatSeconds = heartbeatInterval > 0 ? heartbeatInterval : HEARTBEAT_SECONDS;
    const events = new WorkerEvents({
      app,
      hostname,
      taskEvents: options.taskEvents ?? app.conf.workerSendTaskEvents,
      heartbeatSeconds: withoutHeartbeat ? undefined : heartbeatSeconds,
      load: () => ({ active: worker.stats().running, processed: worker.reporter.startedCount }),
    });
    worker.useEvents(events);
    events.start();
  },
  async stop(worker) {
    await worker.events?.stop();
  },
};
