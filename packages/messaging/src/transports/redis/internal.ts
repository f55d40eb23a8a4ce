/** Parts of the Redis transport for the result store; not covered by the promises of the public surface. */
export { redisAddress } from "./redis-address.ts";
export type { RedisAddress } from "./redis-address.ts";
export { loadRedisDriver } from "./redis-driver.ts";
export { classifyRedisError, isOutOfMemory } from "./redis-errors.ts";
export { camelCase, readRedisOptions } from "./redis-options.ts";
export type { CredentialProvider } from "./redis-options.ts";
export { RedisSocket } from "./redis-socket.ts";
export type { RedisSocketOptions } from "./redis-socket.ts";
