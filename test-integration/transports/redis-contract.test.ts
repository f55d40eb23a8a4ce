import { randomUUID } from "node:crypto";
import { channelContract, transportContract, type TransportHarness, unmetNeeds } from "@q/messaging/testing";
import { createRedisTransport } from "@q/messaging/redis";
import { it } from "vitest";
import { startRedis } from "../harness/redis-server.ts";
import { requires } from "../harness/requires.ts";
import { suiteResource } from "../harness/suite-resource.ts";
import { redisConnectOptions } from "./redis-connect.ts";

const transport = createRedisTransport();

requires("redis")("Redis transport", () => {
  const server = suiteResource(() => startRedis());

  async function open(): Promise<TransportHarness> {
    const client = server().client();
    return {
      capabilities: transport.capabilities,
      connect: () => transport.connect(redisConnectOptions(server().url)),
      uniqueName: (prefix) => `${prefix}.${randomUUID()}`,
      injectRaw: async (queue, raw) => void (await client.lpush(queue, raw)),
      [Symbol.asyncDispose]: async () => client.disconnect(),
    };
  }

  for (const { title, needs, run } of [...channelContract, ...transportContract]) {
    const unmet = unmetNeeds(needs, { capabilities: transport.capabilities, injectRaw: async () => {} });
    it.skipIf(unmet.length > 0)(`contract: ${title}`, () => run(open));
  }
});
