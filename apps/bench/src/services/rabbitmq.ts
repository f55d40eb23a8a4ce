import { connect, type ChannelModel, type ConfirmChannel } from "amqplib";
import { bounded } from "../harness/bounded.ts";

const limitsMs = { connect: 10_000, declare: 20_000, remove: 60_000, close: 5000 };

/** The RabbitMQ that contenders use. */
export interface RabbitServer {
  readonly url: string;
  readonly version: string;
  /**
   * Lends a channel of a connection of its own, ended afterwards whatever happened.
   * A connection that a broker short of memory has blocked reads nothing any more, not even a close: with one for
   * the whole bench, all that came after such a moment would wait for ever.
   * @throws {Error} when `use` takes more than `limitMs`, the broker blocks publishers, or the connection ends.
   */
  withChannel<T>(step: string, limitMs: number, use: (channel: ConfirmChannel) => Promise<T>): Promise<T>;
  /** Declares a task queue as Celery does. */
  declare(queue: string): Promise<void>;
  /** Removes a queue and the exchange of the same name that Celery makes. */
  remove(queue: string): Promise<void>;
}

/** Connects to `Q_BENCH_AMQP_URL`, by default the local server with its guest account. */
export async function connectRabbit(): Promise<RabbitServer> {
  const url = process.env["Q_BENCH_AMQP_URL"] ?? "amqp://guest:guest@127.0.0.1:5672";
  const probe = await open(url);
  const version = String(probe.connection.serverProperties["version"]);
  await end(probe);
  const withChannel: RabbitServer["withChannel"] = async (step, limitMs, use) => {
    const model = await open(url);
    try {
      const work = model.createConfirmChannel().then(use);
      return await bounded(step, limitMs, Promise.race([work, failureOf(model, step)]));
    } finally {
      await end(model);
    }
  };
  return {
    url,
    version,
    withChannel,
    declare: (queue) =>
      withChannel(`Declaring ${queue}`, limitsMs.declare, async (channel) => {
        await channel.assertQueue(queue, { durable: true });
      }),
    remove: (queue) =>
      withChannel(`Removing ${queue}`, limitsMs.remove, async (channel) => {
        await channel.deleteQueue(queue);
        await channel.deleteExchange(queue);
      }),
  };
}

async function open(url: string): Promise<ChannelModel> {
  const model = await connect(url, { noDelay: true, timeout: limitsMs.connect });
  model.on("error", () => {}); // "close" follows and carries it.
  return model;
}

function failureOf(model: ChannelModel, step: string): Promise<never> {
  const failure = new Promise<never>((_resolve, reject) => {
    model.once("blocked", (reason: string) => {
      reject(new Error(`${step}: RabbitMQ blocks publishers (${reason}). Give it memory or disk space.`));
    });
    model.once("close", (error?: Error) =>
      reject(new Error(`${step}: the connection ended.`, { cause: error })),
    );
  });
  failure.catch(() => {}); // Closing afterwards is no failure.
  return failure;
}

async function end(model: ChannelModel): Promise<void> {
  try {
    await bounded("Closing the connection", limitsMs.close, model.close());
  } catch {
    // Already closed, or deaf: without its socket it holds nothing.
    (model.connection as unknown as { stream: { destroy(): void } }).stream.destroy();
  }
}
