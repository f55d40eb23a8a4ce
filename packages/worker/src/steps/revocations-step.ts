import { asError, type Clock, sleep } from "@q/kernel";
import { commandExchange } from "@q/core/internal";
import { Consumer, type Delivery, Queue } from "@q/messaging";
import type { Bootstep } from "../blueprint.ts";
import type { Worker } from "../worker.ts";

const PATIENCE_MS = 2000;

/**
 * Hears the command `revoke` that clients broadcast, ours and Celery's. What cannot be read is logged and left; a
 * broker that refuses the queue costs the worker this ear and nothing else. The setting `workerEnableRemoteControl`
 * switches it off.
 *
 * @see wire protocol, "Remote control: request"
 */
export function revocationsStep(): Bootstep<Worker> {
  let consumer: Consumer | undefined;
  return {
    name: "revocations",
    requires: ["consumer"],
    async start(worker) {
      const { app, connection, logger } = worker;
      if (connection === undefined || worker.isStopping || !app.conf.workerEnableRemoteControl) return;
      const { exchangeTypes } = (await connection.transport()).capabilities;
      if (!exchangeTypes.includes("fanout"))
        return logger.info({}, "this broker has no broadcasts: revoke is not heard");
      consumer = new Consumer(connection, {
        queues: [commandQueue(worker)],
        noAck: true,
        onBatch: (deliveries) => {
          for (const delivery of deliveries) void hear(worker, delivery);
        },
        logger,
        clock: app.clock,
      });
      const heard = consumer.start().catch((err: unknown) => {
        logger.warn({ err }, "commands to revoke tasks cannot be heard");
      });
      await withinPatience(heard, app.clock);
    },
    async stop() {
      await consumer?.stop();
    },
  };
}

/** Waits for a while: a broker that is slow to bind the queue, or refuses it again and again, must not hold up the start. */
async function withinPatience(work: Promise<void>, clock: Clock): Promise<void> {
  const done = new AbortController();
  await Promise.race([work, sleep(PATIENCE_MS, { clock, signal: done.signal })]);
  done.abort();
}

/** A queue of this worker's own: two workers of one name must both hear every command. */
function commandQueue({ app, hostname }: Worker): Queue {
  const { controlExchange, controlQueueTtl, controlQueueExpires, controlQueueDurable } = app.conf;
  const { controlQueueExclusive } = app.conf;
  return new Queue(`${hostname}.${crypto.randomUUID()}.celery.pidbox`, {
    exchange: commandExchange(controlExchange),
    routingKey: "",
    durable: controlQueueDurable,
    exclusive: controlQueueExclusive && !controlQueueDurable,
    autoDelete: true,
    noAck: true,
    ...(controlQueueTtl !== null && { messageTtl: controlQueueTtl }),
    ...(controlQueueExpires !== null && { expires: controlQueueExpires }),
  });
}

async function hear(worker: Worker, delivery: Delivery): Promise<void> {
  try {
    if (delivery.malformed) throw delivery.malformed;
    const { body, contentType, contentEncoding } = delivery.message;
    const command: unknown = await worker.codec.decodeAsync(body, { contentType, contentEncoding });
    const ids = revokedIds(command, worker.hostname);
    if (ids.length === 0) return;
    const terminate = (command as RevokeCommand).arguments.terminate === true;
    worker.logger.info({ ids, terminate }, "tasks were revoked");
    worker.revoke(ids, { terminate });
  } catch (thrown) {
    worker.logger.warn({ err: asError(thrown) }, "a command could not be read");
  }
}

interface RevokeCommand {
  readonly arguments: { readonly task_id: unknown; readonly terminate?: unknown };
}

/** The ids that a command revokes here; none when it is another command or meant for other workers. */
function revokedIds(command: unknown, hostname: string): string[] {
  if (!isRecord(command) || command["method"] !== "revoke") return [];
  const { arguments: args, destination, pattern } = command;
  if (Array.isArray(destination) && !destination.includes(hostname)) return [];
  if (typeof pattern === "string" || !isRecord(args)) return [];
  const { task_id: given } = args;
  const ids: readonly unknown[] = Array.isArray(given) ? given : [given];
  return ids.filter((id) => typeof id === "string");
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
