import type {
  ConnectOptions,
  Transport,
  TransportCapabilities,
  TransportConnection,
} from "../../contracts.ts";
import { ChannelError, ConnectionError } from "../../errors.ts";
import { LeaseThread } from "./lease-thread.ts";
import { type RedisAddress, redisAddress } from "./redis-address.ts";
import { RedisConnection } from "./redis-connection.ts";
import { classifyRedisError } from "./redis-errors.ts";
import { type ParsedRedisOptions, readRedisOptions } from "./redis-options.ts";
import { inspectServer } from "./redis-server.ts";
import { RedisSocket, type RedisSocketOptions } from "./redis-socket.ts";

const capabilities: TransportCapabilities = {
  exchangeTypes: ["direct", "topic", "fanout"],
  priorities: "low-first",
  durable: true,
  multiProcess: true,
  confirms: true,
  heartbeats: false,
  deliveryCount: false,
  exactPrefetch: true,
  returnsUnmarked: true,
  recovery: "lease",
  messageTtl: false,
  deadLetter: false,
};

/**
 * Redis 6.2 or newer, Valkey, and what speaks like them, in the keys and formats of Celery's own transport: Python
 * producers and workers share the queues. Needs the package `ioredis`.
 *
 * URLs: `redis://`, `rediss://` and `valkey://`, `valkeys://` with `[user:password@]host:port/database`;
 * `redis+socket:///path?virtual_host=database`; `sentinel://host:port;sentinel://host:port/database`.
 */
export function createRedisTransport(): Transport {
  const thread = new LeaseThread();
  return { name: "redis", capabilities, connect: (options) => connect(options, thread) };
}

async function connect(given: ConnectOptions, thread: LeaseThread): Promise<TransportConnection> {
  const { options, ignored } = await readRedisOptions(given.transportOptions);
  for (const { option, reason } of ignored) {
    given.logger.debug({ option, reason }, "an option of the broker has no effect with Redis");
  }
  const address = await logIn(redisAddress(given.url, given.ssl, options), options);
  const socketOptions = socketOptionsOf(options, given);
  const socket = await open(address, socketOptions);
  try {
    await inspectServer(socket, given.logger);
  } catch (thrown) {
    socket.close();
    throw classifyRedisError(thrown, "connecting");
  }
  return new RedisConnection({ socket, socketOptions, address, options, connect: given, thread });
}

function socketOptionsOf(options: ParsedRedisOptions, connect: ConnectOptions): RedisSocketOptions {
  const connectTimeout = options.socketConnectTimeout;
  return {
    connectTimeoutMs: connectTimeout ? connectTimeout * 1000 : connect.connectTimeoutMs,
    replyTimeoutMs: options.socketTimeout * 1000,
    keepAlive: options.socketKeepalive,
    // The server refuses names with blanks.
    name: (options.clientName ?? connect.clientName).replace(/[^\x21-\x7e]/g, "-"),
  };
}

async function logIn(address: RedisAddress, options: ParsedRedisOptions): Promise<RedisAddress> {
  if (!options.credentialProvider) return address;
  const { username, password } = await options.credentialProvider();
  return { ...address, username: username ?? address.username, password };
}

async function open(address: RedisAddress, options: RedisSocketOptions): Promise<RedisSocket> {
  try {
    return await RedisSocket.open(address, options);
  } catch (thrown) {
    const error = classifyRedisError(thrown, "connecting");
    // There is no channel yet that could be opened anew.
    throw error instanceof ChannelError ? new ConnectionError(error.message, { cause: error.cause }) : error;
  }
}
