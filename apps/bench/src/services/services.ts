import { connectRabbit, type RabbitServer } from "./rabbitmq.ts";
import { startRedis, type RedisServer } from "./redis-server.ts";

/** The servers of one bench. */
export interface Services extends AsyncDisposable {
  readonly redis: RedisServer;
  /** Undefined when no RabbitMQ answers; its cases are then left out. */
  readonly rabbit: RabbitServer | undefined;
}

/** Starts the private Redis and connects to RabbitMQ. */
export async function startServices(): Promise<Services> {
  const redis = await startRedis();
  const rabbit = await connectRabbit().catch((error: unknown) => {
    console.error(`No RabbitMQ (${String(error)}); its cases are left out.`);
    return undefined;
  });
  return {
    redis,
    rabbit,
    async [Symbol.asyncDispose]() {
      await redis[Symbol.asyncDispose]();
    },
  };
}
