import { silentLogger, systemClock } from "@q/kernel";
import { randomUUID } from "node:crypto";
import { describe, it } from "vitest";
import type { ConnectOptions } from "../../contracts.ts";
import {
  channelContract,
  transportContract,
  type TransportHarness,
  unmetNeeds,
} from "../../testing/index.ts";
import { createMemoryTransport } from "./memory-transport.ts";

const transport = createMemoryTransport();

function connectOptions(hostname: string): ConnectOptions {
  const url = { scheme: "memory", username: undefined, password: undefined, hostname, port: undefined };
  return {
    url: { ...url, virtualHost: undefined, query: {}, href: `memory://${hostname}` },
    transportOptions: {},
    connectTimeoutMs: 1000,
    heartbeatSeconds: 0,
    ssl: false,
    clientName: "test",
    logger: silentLogger,
    clock: systemClock,
  };
}

async function open(): Promise<TransportHarness> {
  const options = connectOptions(randomUUID());
  return {
    capabilities: transport.capabilities,
    connect: () => transport.connect(options),
    uniqueName: (prefix) => `${prefix}.${randomUUID()}`,
    [Symbol.asyncDispose]: async () => {},
  };
}

describe("memory transport", () => {
  for (const { title, needs, run } of [...channelContract, ...transportContract]) {
    it.skipIf(unmetNeeds(needs, transport).length > 0)(`contract: ${title}`, () => run(open));
  }
});
