import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { repository } from "./code-blocks.ts";

/** Fields of an exported interface, from its source. */
function fieldsOf(file: string, name: string): string[] {
  const source = readFileSync(`${repository}packages/${file}`, "utf8");
  const body = new RegExp(`export interface ${name}\\b[^{]*\\{(.*?)^\\}`, "ms").exec(source)?.[1] ?? "";
  return [...body.matchAll(/^ {2}readonly (\w+)\??:/gm)].map(([, field = ""]) => field);
}

const snakeCase = (name: string): string => name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

it.each([
  { of: "tasks", file: "core/src/tasks/task-options.ts", type: "TaskOptions", guide: "tasks.md" },
  { of: "calls", file: "core/src/tasks/call-options.ts", type: "CallOptions", guide: "calling.md" },
  { of: "workers", file: "worker/src/worker-options.ts", type: "WorkerOptions", guide: "worker.md" },
  { of: "get", file: "core/src/results/wait-limit.ts", type: "GetOptions", guide: "results.md" },
  {
    of: "the Redis broker",
    file: "messaging/src/transports/redis/redis-options.ts",
    type: "RedisTransportOptions",
    guide: "brokers.md",
  },
  {
    of: "the RabbitMQ broker",
    file: "messaging/src/transports/amqp/amqp-options.ts",
    type: "AmqpOptions",
    guide: "brokers.md",
  },
])("names every option of $of in the guide $guide", ({ file, type, guide }) => {
  const fields = fieldsOf(file, type);
  expect(fields.length).toBeGreaterThan(3);
  const words = new Set(readFileSync(`${repository}docs/guides/${guide}`, "utf8").match(/\w+/g));
  expect(fields.filter((field) => !words.has(field) && !words.has(snakeCase(field)))).toEqual([]);
});
