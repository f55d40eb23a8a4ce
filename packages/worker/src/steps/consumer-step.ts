import { Terminated } from "@q/kernel";
import { Consumer, Exchange, Queue } from "@q/messaging";
import type { Bootstep } from "../blueprint.ts";
import { createDispatcher } from "../create-dispatcher.ts";
import type { Dispatcher } from "../dispatcher.ts";
import { Intake } from "../intake.ts";
import { connectPolicy } from "./connection-step.ts";
import type { Worker } from "../worker.ts";

/** Silence after which the worker asks the broker whether it has messages after all. */
const WATCHDOG_IDLE_MS = 30_000;

/** Connects to the broker and lets deliveries in. Lives on through every loss of the connection. */
export const consumerStep: Bootstep<Worker> = {
  name: "consumer",
  requires: ["connection", "executor", "control", "mingle"],
  async start(worker) {
    const { app, options, connection } = worker;
    if (connection === undefined) throw new TypeError("the worker has no connection");
    const selected = app.queues.select({ only: options.queues, exclude: options.excludeQueues });
    const queues = app.conf.workerDirect ? [...selected, directQueue(worker.hostname)] : selected;
    const transport = await connection.transport();
    const dispatcher = createDispatcher(worker);
    const consumer = new Consumer(connection, consumerOptions(worker, { dispatcher, queues }));
    dispatcher.connect(consumer, transport.capabilities);
    worker.useConsumer({ dispatcher, consumer, queues });
    if (options.purge) await purge(worker, queues);
    // Whatever was revoked while no worker listened.
    await worker.recallRevocations();
    await consumer.start();
  },
  async drain(worker) {
    await worker.consumer?.drain();
    worker.dispatcher?.giveBackUnstarted();
    await worker.consumer?.flush().catch((err: unknown) => {
      worker.logger.warn(
        { err },
        "messages not yet started could not be given back; the broker does it itself",
      );
    });
  },
  async stop(worker) {
    await worker.consumer?.stop();
  },
};

function consumerOptions(
  worker: Worker,
  parts: { dispatcher: Dispatcher; queues: readonly Queue[] },
): ConstructorParameters<typeof Consumer>[1] {
  const { app, logger } = worker;
  const { dispatcher, queues } = parts;
  const { brokerConnectionRetry, brokerConnectionRetryOnStartup } = app.conf;
  const intake = new Intake(dispatcher, {
    codec: worker.codec,
    onUnknown: (delivery, message, error) => {
      dispatcher.discard(delivery, error, "reject");
      void worker.reporter.unknown(message, error);
    },
  });
  return {
    queues,
    prefetch: dispatcher.prefetch,
    onBatch: (deliveries) => {
      for (const delivery of deliveries) intake.receive(delivery);
    },
    onUp: () => app.events.emit("connection:up", { url: worker.brokerUri }),
    onLost: (error) => {
      app.events.emit("connection:lost", { url: worker.brokerUri, error });
      if (!brokerConnectionRetry && !worker.isStopping) worker.fail(error);
      dispatcher.forgetUnstarted();
      if (app.conf.workerCancelLongRunningTasksOnConnectionLoss) {
        dispatcher.cancelLate(
          new Terminated("the connection to the broker was lost; the task will be delivered again"),
        );
      }
    },
    onGiveUp: (error) => worker.fail(error),
    retryOnStartup: brokerConnectionRetryOnStartup ?? brokerConnectionRetry,
    retryPolicy: connectPolicy(app),
    watchdog: { idleMs: WATCHDOG_IDLE_MS, hasFreeSlots: () => dispatcher.hasFreeSlots() },
    logger,
    clock: app.clock,
  };
}

/** The queue that this worker alone consumes, as Celery names it. @see celery/utils/nodenames.py, worker_direct */
function directQueue(hostname: string): Queue {
  return new Queue(`${hostname}.dq2`, {
    exchange: new Exchange("C.dq2"),
    routingKey: hostname,
  });
}

async function purge(worker: Worker, queues: readonly Queue[]): Promise<void> {
  const connection = await (await worker.app.connectionForWrite()).connect();
  await using channel = await connection.openChannel();
  for (const queue of queues) {
    const messages = await channel.purge(queue.name);
    worker.logger.warn({ queue: queue.name, messages }, "waiting messages were discarded");
  }
}
