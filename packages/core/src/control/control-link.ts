import { type NodeReply, Pidbox, PidboxClient } from "@q/messaging";
import type { App } from "../app/app.ts";
import type { BroadcastOptions } from "./control-options.ts";

/** The mailbox of an app's fleet. */
export async function openPidbox(app: App): Promise<Pidbox> {
  const { conf, clock, logicalClock } = app;
  return new Pidbox({
    namespace: conf.controlExchange,
    codec: await app.codec(),
    serializer: conf.taskSerializer,
    logicalClock,
    clock,
    queueTtl: conf.controlQueueTtl,
    queueExpires: conf.controlQueueExpires,
    queueDurable: conf.controlQueueDurable,
    queueExclusive: conf.controlQueueExclusive,
  });
}

/** The way from an app to its workers; loaded with the first command. */
export class ControlLink {
  readonly #app: App;
  #client: Promise<PidboxClient> | undefined;

  constructor(app: App) {
    this.#app = app;
  }

  async broadcast(command: string, options: BroadcastOptions): Promise<readonly NodeReply[]> {
    const { destination, pattern, matcher, timeout = 1, limit, callback, signal, reply } = options;
    this.#client ??= this.#open();
    return (await this.#client).broadcast(command, {
      arguments: options.arguments ?? {},
      destination: typeof destination === "string" ? [destination] : destination,
      // One without the other selects nothing.
      ...(pattern !== undefined && matcher !== undefined && { pattern, matcher }),
      reply: reply ?? false,
      timeoutMs: timeout * 1000,
      limit,
      onReply: callback,
      signal,
    });
  }

  /** Leaves nothing on the broker. */
  async close(): Promise<void> {
    const client = this.#client;
    this.#client = undefined;
    await (await client?.catch(() => undefined))?.close();
  }

  async #open(): Promise<PidboxClient> {
    const app = this.#app;
    return new PidboxClient(await openPidbox(app), {
      producer: () => app.producer(),
      connection: () => app.connectionForWrite(),
      logger: app.logger,
    });
  }
}
