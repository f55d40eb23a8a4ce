import { loadDriver } from "@q/kernel";
import type * as ioredis from "ioredis";

/** @throws {MissingDriverError} when ioredis is not installed. */
export function loadRedisDriver(): Promise<typeof ioredis> {
  return loadDriver("ioredis", "Redis", () => import("ioredis"));
}
