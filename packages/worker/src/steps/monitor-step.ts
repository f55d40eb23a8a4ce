import type { Bootstep } from "../blueprint.ts";
import type { MonitorServer } from "../monitor/monitor-server.ts";
import type { Worker } from "../worker.ts";

/** Health and metrics over HTTP, when a port was given; up before the broker is, and until everything has ended. */
export function monitorStep(): Bootstep<Worker> {
  let server: MonitorServer | undefined;
  return {
    name: "monitor",
    async start(worker) {
      const { http } = worker.options;
      if (http === undefined) return;
      const { MonitorServer } = await import("../monitor/monitor-server.ts");
      server = await MonitorServer.open(worker, http);
      worker.monitor = server;
      worker.logger.info({ port: server.port }, "health and metrics are served over HTTP");
    },
    async stop() {
      await server?.[Symbol.asyncDispose]();
    },
  };
}
