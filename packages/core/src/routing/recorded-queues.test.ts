import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { createApp } from "../app/create-app.ts";

type Keys = Readonly<Record<string, readonly string[] | { readonly set: readonly string[] }>>;

const file = new URL("../../../../test-integration/vectors/messages_redis.json", import.meta.url);
const { cases } = JSON.parse(readFileSync(file, "utf8")) as { cases: { name: string; redis: Keys }[] };

/** Every binding that recorded producers with default queues have made: `[exchange, routing key, queue]`. */
const bindings = cases
  .filter(({ name }) => !/^app_(topic|priority_steps|global_keyprefix)/.test(name))
  .flatMap(({ redis }) => Object.entries(redis))
  .flatMap(([key, value]) =>
    "set" in value ? value.set.map((member) => [key, ...member.split("\x06\x16")]) : [],
  )
  .map(
    ([key = "", routingKey, , queue = ""]) =>
      [key.replace("_kombu.binding.", ""), routingKey, queue] as const,
  );

it("binds every queue as Python does", () => {
  const { queues } = createApp("wire", { broker: "memory://" });
  const ours = bindings.map(([, , name]) => {
    const queue = queues.get(name);
    return [queue.exchange.name, queue.routingKey, name];
  });
  expect(ours).toEqual(bindings);
  expect(bindings.length).toBeGreaterThan(10);
});
