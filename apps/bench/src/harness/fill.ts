import { freemem } from "node:os";
import type { RabbitServer } from "../services/rabbitmq.ts";
import type { RedisServer } from "../services/redis-server.ts";
import { amqpMessage, redisEnvelope } from "../wire/task-message.ts";
import { bounded } from "./bounded.ts";

const fillLimitMs = 180_000;
/** Messages per confirmed batch (RabbitMQ) and per script call (Redis, which must stay able to answer between). */
const chunkSize = { amqp: 1000, redis: 5000 };
/** A protocol-2 envelope in a Redis list is 1.1 kB; the rest is for what a drain holds twice. */
const memoryPerMessageBytes = 1600;

/** How many messages, and whether their tasks store results. */
export interface Fill {
  readonly count: number;
  readonly ignoreResult: boolean;
}

/**
 * Fails before a fill that the machine's memory would not bear: the kernel would kill a broker in its middle.
 * @throws {Error} with both numbers.
 */
export function requireMemoryFor(count: number, freeBytes: number = freemem()): void {
  const neededBytes = count * memoryPerMessageBytes;
  if (neededBytes < freeBytes) return;
  const gigabytes = (bytes: number): string => (bytes / 2 ** 30).toFixed(1);
  throw new Error(
    `${count} waiting tasks need ${gigabytes(neededBytes)} GB of free memory, ${gigabytes(freeBytes)} are.`,
  );
}

/** Puts `count` protocol-2 messages into a Redis queue. */
export async function fillRedis(redis: RedisServer, queue: string, fill: Fill): Promise<void> {
  const pieces = redisEnvelope(queue, fill.ignoreResult, marker).split(marker);
  const work = async (): Promise<void> => {
    for (let done = 0; done < fill.count; done += chunkSize.redis) {
      const size = Math.min(fill.count - done, chunkSize.redis);
      await redis.client.eval(fillScript, 1, queue, done, size, ...pieces);
    }
  };
  await bounded(`Filling ${queue} with ${fill.count} tasks`, fillLimitMs, work());
}

const marker = "@id@";
/**
 * Builds ARGV[2] envelopes in the server, numbered from ARGV[1], out of the pieces between their ids.
 * A million of them made here and sent over a socket take half a minute and as much memory again.
 */
const fillScript = `
local first, count = tonumber(ARGV[1]), tonumber(ARGV[2])
local pieces = {}
for i = 3, #ARGV do pieces[#pieces + 1] = ARGV[i] end
local batch = {}
for n = first + 1, first + count do
  batch[#batch + 1] = table.concat(pieces, string.format("00000000-0000-4000-8000-%012x", n))
  if #batch == 500 or n == first + count then
    redis.call("LPUSH", KEYS[1], unpack(batch))
    batch = {}
  end
end
`;

/** Puts `count` protocol-2 messages into a RabbitMQ queue and waits until the broker has them. */
export async function fillRabbit(rabbit: RabbitServer, queue: string, fill: Fill): Promise<void> {
  await rabbit.withChannel(`Filling ${queue} with ${fill.count} tasks`, fillLimitMs, async (channel) => {
    for (let left = fill.count; left > 0; left -= chunkSize.amqp) {
      for (let i = Math.min(left, chunkSize.amqp); i > 0; i--) {
        const { body, options } = amqpMessage(fill.ignoreResult);
        channel.sendToQueue(queue, body, options);
      }
      await channel.waitForConfirms();
    }
  });
}
