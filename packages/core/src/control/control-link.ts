import { type NodeReply, Pidbox, PidboxClient } from "@q/messaging";
import { ImproperlyConfiguredError } from "@q/kernel";
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

  /** @throws {ImproperlyConfiguredError} for a pattern without a matcher, and the reverse */
  async broadcast(command: string, options: BroadcastOptions): Promise<readonly NodeReply[]> {
    const { destination, pattern, matcher, timeout = 1, limit, callback, signal, reply } = options;
    // Celery takes no notice of half of it: what was meant for some workers goes to all.
    if ((pattern === undefined) !== (matcher === undefined))
      throw new ImproperlyConfiguredError(
        `${command}: a pattern needs a matcher, and the reverse. Give both, such as { pattern: "mail*", matcher: "glob" }.`,
      );
    if (matcher !== undefined && matcher !== "glob" && matcher !== "pcre")
      throw new ImproperlyConfiguredError(
        `${command}: there is no matcher "${String(matcher)}". Use glob or pcre.`,
      );
    this.#client ??= this.#open();
    return (await this.#client).broadcast(command, {
      arguments: options.arguments ?? {},
      destination: typeof destination === "string" ? [destination] : destination,
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
