export { createRedisTransport } from "./redis-transport.ts";
export type { CredentialProvider, RedisTransportOptions } from "./redis-options.ts";
