import { spawn } from "node:child_process";
import { createServer, type AddressInfo } from "node:net";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { Redis } from "ioredis";

/** A Redis of our own, without persistence, that may be flushed. */
export interface RedisServer extends AsyncDisposable {
  readonly port: number;
  readonly version: string;
  /** Empties the server. */
  flush(): Promise<void>;
  /** `used_memory` in bytes. */
  usedMemory(): Promise<number>;
  readonly client: Redis;
}

/** Starts a redis-server from PATH on a free port. */
export async function startRedis(): Promise<RedisServer> {
  const port = await freePort();
  const server = spawn("redis-server", ["--port", `${port}`, "--save", "", "--appendonly", "no"], {
    stdio: "ignore",
  });
  const stop = (): void => void server.kill();
  process.once("exit", stop);
  // Refused until the server listens; a server that the kernel kills later fails the sample, not the bench.
  const client = new Redis({
    port,
    maxRetriesPerRequest: 200,
    retryStrategy: () => 50,
    commandTimeout: 60_000,
  });
  client.on("error", () => {});
  await client.ping();
  const info = await client.info("server");
  return {
    port,
    client,
    version: /redis_version:(\S+)/.exec(info)?.[1] ?? "unknown",
    flush: async () => void (await client.flushall("SYNC")),
    usedMemory: async () => Number(/used_memory:(\d+)/.exec(await client.info("memory"))?.[1]),
    async [Symbol.asyncDispose]() {
      process.off("exit", stop);
      client.disconnect();
      stop();
      if (server.exitCode === null) await Promise.race([once(server, "exit"), sleep(2000)]);
    },
  };
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, "close");
  return port;
}
