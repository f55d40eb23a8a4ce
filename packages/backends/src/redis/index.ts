export { createRedisBackend } from "./redis-backend.ts";
