import type { Bootstep } from "../blueprint.ts";
import type { Worker } from "../worker.ts";

/** The connection that task messages and remote control commands come over: first to come and last to go. */
export const connectionStep: Bootstep<Worker> = {
  name: "connection",
  async start(worker) {
    worker.useConnection(await worker.app.connectionForRead());
  },
  async stop(worker) {
    await worker.connection?.close();
  },
};
