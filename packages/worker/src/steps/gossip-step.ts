import { asError, type Cancel } from "@q/kernel";
import { EventReceiver } from "@q/core/events";
import type { Bootstep } from "../blueprint.ts";
import { CHECK_INTERVAL_MS, Gossip } from "../gossip.ts";
import type { Worker } from "../worker.ts";

/** Brokers on which Celery's workers gossip. */
const TRANSPORTS: readonly string[] = ["amqp", "redis"];

/** Follows the events of the other workers; see {@link Gossip}. */
export function gossipStep(): Bootstep<Worker> {
  const stopping = new AbortController();
  let listening: Promise<void> | undefined;
  let cancel: Cancel | undefined;
  return {
    name: "gossip",
    requires: ["events"],
    async start(worker) {
      const { app, hostname, connection, logger, events } = worker;
      if (worker.options.withoutGossip || worker.isStopping || !connection || !events) return;
      if (!TRANSPORTS.includes((await connection.transport()).name)) return;
      const gossip = new Gossip({
        app,
        hostname,
        logger,
        send: (type, fields) => events.dispatcher.send(type, fields),
      });
      worker.gossip = gossip;
      const check = (): void => {
        gossip.checkLost();
        cancel = app.clock.schedule(CHECK_INTERVAL_MS, check);
      };
      cancel = app.clock.schedule(CHECK_INTERVAL_MS, check);
      listening = listen(worker, gossip, stopping.signal);
    },
    async stop() {
      cancel?.();
      stopping.abort();
      await listening;
    },
  };
}

/** Until `signal` aborts. A broker that gives no events away costs the worker its gossip and nothing else. */
async function listen(
  { app, connection, logger }: Worker,
  gossip: Gossip,
  signal: AbortSignal,
): Promise<void> {
  const receiver = new EventReceiver(app, {
    routingKey: "worker.#",
    wakeup: false,
    ...(connection && { connection }),
  });
  try {
    for await (const event of receiver.events({ signal })) gossip.hear(event);
  } catch (thrown) {
    if (!signal.aborted) logger.warn({ err: asError(thrown) }, "the events of other workers cannot be heard");
  }
}
