import { createRequire } from "node:module";

const drivers = ["ioredis", "amqplib", "libsql", "bullmq"];

/** How many broker drivers this process has loaded. All of them are CommonJS, so the module cache knows. */
export function countLoadedDrivers(): number {
  const files = Object.keys(createRequire(import.meta.url).cache);
  return drivers.filter((driver) => files.some((file) => file.includes(`/node_modules/${driver}/`))).length;
}
