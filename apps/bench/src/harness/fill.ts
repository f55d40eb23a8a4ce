import type { RabbitServer } from "../services/rabbitmq.ts";
import type { RedisServer } from "../services/redis-server.ts";
import { amqpMessage, redisEnvelope } from "../wire/task-message.ts";

const chunkSize = 1000;

/** Puts `count` protocol-2 messages into a Redis queue. */
export async function fillRedis(redis: RedisServer, queue: string, fill: Fill): Promise<void> {
  for (let left = fill.count; left > 0; left -= chunkSize) {
    const size = Math.min(left, chunkSize);
    await redis.client.lpush(
      queue,
      ...Array.from({ length: size }, () => redisEnvelope(queue, fill.ignoreResult)),
    );
  }
}

/** Puts `count` protocol-2 messages into a RabbitMQ queue and waits until the broker has them. */
export async function fillRabbit(rabbit: RabbitServer, queue: string, fill: Fill): Promise<void> {
  for (let left = fill.count; left > 0; left -= chunkSize) {
    for (let i = Math.min(left, chunkSize); i > 0; i--) {
      const { body, options } = amqpMessage(fill.ignoreResult);
      rabbit.channel.sendToQueue(queue, body, options);
    }
    await rabbit.channel.waitForConfirms();
  }
}

/** How many messages, and whether their tasks store results. */
export interface Fill {
  readonly count: number;
  readonly ignoreResult: boolean;
}
