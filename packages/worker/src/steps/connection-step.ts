import type { RetryPolicy } from "@q/kernel";
import type { App } from "@q/core";
import type { Bootstep } from "../blueprint.ts";
import type { Worker } from "../worker.ts";

/**
 * The connection that task messages and remote control commands come over: first to come and last to go. Nothing else
 * starts before it is up, so that a broker that is away is reported once and not by every part that would use it.
 */
export const connectionStep: Bootstep<Worker> = {
  name: "connection",
  async start(worker) {
    const { app } = worker;
    const { brokerConnectionRetry, brokerConnectionRetryOnStartup } = app.conf;
    const retries = brokerConnectionRetryOnStartup ?? brokerConnectionRetry;
    const connection = await app.connectionForRead();
    worker.useConnection(connection);
    try {
      // A transport that cannot be loaded will not be there in a second, either.
      await connection.transport();
      const policy = connectPolicy(app);
      await connection.connect({ policy: retries ? policy : { ...policy, maxRetries: 0 } });
    } catch (error) {
      if (!worker.isStopping) worker.fail(error as Error);
      throw error;
    }
  },
  async stop(worker) {
    await worker.connection?.close();
  },
};

/** How a worker tries to reach its broker, at the start and after each loss. */
export function connectPolicy(app: App): RetryPolicy {
  return {
    maxRetries: app.conf.brokerConnectionMaxRetries,
    intervalStart: 0.1,
    intervalStep: 0.4,
    intervalMax: 3,
  };
}
