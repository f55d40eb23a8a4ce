import { connect, type ChannelModel, type ConfirmChannel } from "amqplib";

/** The RabbitMQ that contenders use, through a connection of the harness. */
export interface RabbitServer extends AsyncDisposable {
  readonly url: string;
  readonly version: string;
  readonly channel: ConfirmChannel;
  /** Declares a task queue as Celery does. */
  declare(queue: string): Promise<void>;
  /** Removes a queue and the exchange of the same name that Celery makes. */
  remove(queue: string): Promise<void>;
}

/** Connects to `Q_BENCH_AMQP_URL`, by default the local server with its guest account. */
export async function connectRabbit(): Promise<RabbitServer> {
  const url = process.env["Q_BENCH_AMQP_URL"] ?? "amqp://guest:guest@127.0.0.1:5672";
  const model: ChannelModel = await connect(url, { noDelay: true });
  const channel = await model.createConfirmChannel();
  return {
    url,
    version: String(model.connection.serverProperties["version"]),
    channel,
    declare: async (queue) => void (await channel.assertQueue(queue, { durable: true })),
    async remove(queue) {
      await channel.deleteQueue(queue);
      await channel.deleteExchange(queue);
    },
    [Symbol.asyncDispose]: () => model.close(),
  };
}
