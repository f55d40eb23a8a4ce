import { onTestFinished } from "vitest";
import { type App, type AppOptions, createApp } from "@q/core";
import { recordingLogger, type RecordingLogger } from "@q/kernel/testing";
import type { WorkerOptions } from "../worker-options.ts";
import { Worker } from "../worker.ts";

/** An app on a broker of its own, and workers for it. */
export interface Bench {
  readonly app: App;
  readonly logger: RecordingLogger;
  /** Starts a worker; it is stopped when the test ends. */
  readonly work: (options?: WorkerOptions) => Promise<Worker>;
  readonly waiting: (queue?: string) => Promise<number>;
}

/** @see {@link Bench} */
export function bench(options: AppOptions = {}): Bench {
  const name = crypto.randomUUID();
  const logger = recordingLogger();
  const app = createApp("test", {
    broker: `memory://${name}`,
    backend: `cache+memory://${name}`,
    logger,
    ...options,
  });
  const workers: Worker[] = [];
  onTestFinished(async () => {
    for (const worker of workers) await worker.stop("cold");
    await app.close();
  });
  return {
    app,
    logger,
    work: async (own = {}) => {
      const worker = new Worker(app, { hostname: "w@here", concurrency: 2, ...own });
      workers.push(worker);
      await worker.start();
      return worker;
    },
    waiting: async (queue = "celery") => {
      const connection = await (await app.connectionForWrite()).connect();
      await using channel = await connection.openChannel();
      return (await channel.queueInfo(queue)).messages;
    },
  };
}
