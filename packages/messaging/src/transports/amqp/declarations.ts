import type { QueueInfo } from "../../contracts.ts";
import type { Binding } from "../../entities/binding.ts";
import type { Exchange } from "../../entities/exchange.ts";
import type { Queue } from "../../entities/queue.ts";
import { type DriverChannel } from "./amqp-driver.ts";
import { type FailedOperation, reply, replyCode } from "./amqp-errors.ts";
import { typedTable } from "./field-table.ts";
import type { AmqpSession } from "./amqp-session.ts";

type Done<TReply> = (error: Error | null | undefined, reply: TReply) => void;
type Send<TReply> = (channel: DriverChannel, done: Done<TReply>) => void;

/**
 * Everything about entities, on a scratch channel of its own: the broker closes a channel on which an entity is
 * missing (404) or was declared otherwise (406), and no consumer or publisher may suffer from that.
 *
 * One request at a time: those behind a failing one would fail with it.
 */
export class Declarations {
  readonly #session: AmqpSession;
  #channel: DriverChannel | undefined;
  #last: Promise<unknown> = Promise.resolve();
  /** Names under which something is known to exist, as `kind:name`. */
  readonly #known = new Set<string>();

  constructor(session: AmqpSession) {
    this.#session = session;
  }

  async declare(entity: Exchange | Queue | Binding): Promise<void> {
    if (entity.kind === "binding") return this.#bind(entity);
    const key = `${entity.kind}:${entity.name}`;
    if (entity.noDeclare || this.#known.has(key)) return;
    if (entity.kind === "queue") await this.#declareQueue(entity);
    else await this.#declareExchange(entity);
    if (isLasting(entity)) this.#known.add(key);
  }

  /** Forgets what we know of a queue that may have gone. */
  forget(queue: string): void {
    this.#known.delete(`queue:${queue}`);
  }

  async info(queue: string): Promise<QueueInfo> {
    const operation = { what: `looking at queue "${queue}"`, queue };
    const found = await this.#ask<{ messageCount: number; consumerCount: number }>(
      operation,
      (channel, done) => channel.checkQueue(queue, done),
    );
    return { name: queue, messages: found.messageCount, consumers: found.consumerCount };
  }

  async purge(queue: string): Promise<number> {
    const purged = await this.#unlessMissing(
      this.#ask<{ messageCount: number }>({ what: `purging queue "${queue}"` }, (channel, done) =>
        channel.purgeQueue(queue, done),
      ),
    );
    return purged?.messageCount ?? 0;
  }

  async delete(entity: Exchange | Queue | Binding): Promise<void> {
    if (entity.kind === "binding") {
      const { queue, exchange, routingKey, arguments: args } = entity;
      const what = `unbinding queue "${queue}" from exchange "${exchange.name}"`;
      if (exchange.name === "") return;
      await this.#unlessMissing(
        this.#ask({ what }, (channel, done) =>
          channel.unbindQueue(queue, exchange.name, routingKey, args, done),
        ),
      );
      return;
    }
    this.#known.delete(`${entity.kind}:${entity.name}`);
    if (entity.name === "") return;
    const what = `deleting ${entity.kind} "${entity.name}"`;
    await this.#unlessMissing(
      this.#ask({ what }, (channel, done: Done<unknown>) =>
        entity.kind === "queue"
          ? channel.deleteQueue(entity.name, {}, done)
          : channel.deleteExchange(entity.name, {}, done),
      ),
    );
  }

  async #declareQueue(queue: Queue): Promise<void> {
    const { name, durable, exclusive, autoDelete } = queue;
    if (queue.arguments["x-queue-type"] === "quorum") this.#session.perConsumerQueues.add(name);
    await this.#create(
      { what: `declaring queue "${name}"` },
      (channel, done) => channel.checkQueue(name, done),
      (channel, done) =>
        channel.assertQueue(
          name,
          { durable, exclusive, autoDelete, arguments: typedTable(queue.arguments) },
          done,
        ),
    );
  }

  async #declareExchange(exchange: Exchange): Promise<void> {
    const { name, type, durable, autoDelete } = exchange;
    await this.#create(
      { what: `declaring exchange "${name}"` },
      (channel, done: Done<unknown>) => channel.checkExchange(name, done),
      (channel, done) =>
        channel.assertExchange(
          name,
          type,
          { durable, autoDelete, arguments: typedTable(exchange.arguments) },
          done,
        ),
    );
  }

  /** Looks first, so that an entity with other arguments than ours is used as it is and no 406 fills the broker's log. */
  async #create<TReply>(operation: FailedOperation, look: Send<TReply>, create: Send<TReply>): Promise<void> {
    if ((await this.#unlessMissing(this.#ask(operation, look))) !== undefined) return;
    try {
      await this.#ask(operation, create);
    } catch (error) {
      // Another program was faster and chose other arguments: then it exists.
      if (causeCode(error) !== reply.preconditionFailed) throw error;
      await this.#ask(operation, look);
    }
  }

  async #bind({ queue, exchange, routingKey, arguments: args }: Binding): Promise<void> {
    if (exchange.name === "") return;
    const operation = { what: `binding queue "${queue}" to exchange "${exchange.name}"` };
    await this.#ask(operation, (channel, done) =>
      channel.bindQueue(queue, exchange.name, routingKey, args, done),
    );
  }

  async #unlessMissing<TReply>(asked: Promise<TReply>): Promise<TReply | undefined> {
    try {
      return await asked;
    } catch (error) {
      if (causeCode(error) === reply.notFound) return undefined;
      throw error;
    }
  }

  #ask<TReply>(operation: FailedOperation, send: Send<TReply>): Promise<TReply> {
    const asked = this.#last.then(async () => {
      const channel = await this.#scratch();
      return this.#session.request<TReply>(operation, (done) => send(channel, done));
    });
    this.#last = asked.catch(() => {});
    return asked;
  }

  async #scratch(): Promise<DriverChannel> {
    if (this.#channel !== undefined) return this.#channel;
    const channel = await this.#session.openDriverChannel();
    this.#channel = channel;
    const drop = (): void => {
      if (this.#channel === channel) this.#channel = undefined;
    };
    channel.on("error", drop);
    channel.on("close", drop);
    return channel;
  }
}

/** Auto-delete, exclusive and expiring entities may vanish behind our back. */
function isLasting(entity: Exchange | Queue): boolean {
  if (entity.autoDelete || "x-expires" in entity.arguments) return false;
  return entity.kind === "exchange" || !entity.exclusive;
}

function causeCode(error: unknown): number | undefined {
  return error instanceof Error ? replyCode(error.cause) : undefined;
}
