import { randomUUID } from "node:crypto";
import { type Clock, sleep } from "@q/kernel";
import { openPidbox } from "@q/core/internal/control";
import { Consumer, defaultConnectPolicy, PidboxNode, Producer } from "@q/messaging";
import type { Bootstep } from "../blueprint.ts";
import { Panel } from "../panel/panel.ts";
import { isPythonError, pythonErrorRepr } from "../panel/python-error.ts";
import type { Worker } from "../worker.ts";

const PATIENCE_MS = 2000;
/** Whoever asked has given up by the time that further attempts would be made. */
const ONE_RETRY = { ...defaultConnectPolicy, maxRetries: 1 };

/**
 * Hears the commands of remote control and obeys them, also while every slot is busy and while the worker shuts down.
 * A broker that refuses the queue costs the worker this ear and nothing else. The setting `workerEnableRemoteControl`
 * switches it off.
 *
 * @see celery/worker/consumer/control.py
 */
export function controlStep(): Bootstep<Worker> {
  let consumer: Consumer | undefined;
  let producer: Producer | undefined;
  return {
    name: "control",
    requires: ["connection", "executor"],
    async start(worker) {
      const { app, hostname, connection, logger } = worker;
      if (connection === undefined || worker.isStopping || !app.conf.workerEnableRemoteControl) return;
      const { exchangeTypes } = (await connection.transport()).capabilities;
      if (!exchangeTypes.includes("fanout"))
        return logger.info({}, "this broker has no broadcasts: there is no remote control");
      const panel = new Panel(worker);
      const pidbox = await openPidbox(app);
      // One of its own: an answer that nobody can take must not disturb the app's.
      producer = new Producer(await app.connectionForWrite(), { retryPolicy: ONE_RETRY, clock: app.clock });
      const node = new PidboxNode(pidbox, {
        name: hostname,
        producer,
        handle: (method, args) => panel.obey(method, args),
        onError: (error, { method }) => {
          const reason = pythonErrorRepr(error);
          // Whoever made a slip is told; only what broke here deserves a stack.
          if (isPythonError(error)) logger.warn({ method, reason }, "a command was refused");
          else logger.error({ method, err: error }, "a command failed");
          return { error: reason };
        },
        logger,
      });
      consumer = new Consumer(connection, {
        queues: [pidbox.nodeQueue(hostname, randomUUID())],
        noAck: true,
        onBatch: (deliveries) => {
          for (const delivery of deliveries) void node.receive(delivery);
        },
        onUp: () => void worker.recallRevocations(),
        logger,
        isBeside: true,
        clock: app.clock,
      });
      const heard = consumer.start().catch((err: unknown) => {
        logger.warn({ err }, "commands of remote control cannot be heard");
      });
      await withinPatience(heard, app.clock);
    },
    async stop() {
      await consumer?.stop();
      await producer?.close();
    },
  };
}

/** Waits for a while: a broker that is slow to bind the queue, or refuses it again and again, must not hold up the start. */
async function withinPatience(work: Promise<void>, clock: Clock): Promise<void> {
  const done = new AbortController();
  await Promise.race([work, sleep(PATIENCE_MS, { clock, signal: done.signal })]);
  done.abort();
}
