import { randomUUID } from "node:crypto";
import { createRpcBackend } from "@q/backends/rpc";
import { backendContext, backendContract, type BackendHarness, unmetBackendNeeds } from "@q/backends/testing";
import { Connection } from "@q/messaging";
import { it } from "vitest";
import { rabbitVhost, requires, startRedis, suiteResource, tempFolder } from "../harness/index.ts";

const capabilities = {
  persistent: false,
  push: true,
  autoExpire: true,
  shared: false,
  chords: "none",
} as const;

/** Every client has a connection and a name of its own. */
function harness(brokerUrl: string): BackendHarness {
  const connections: Connection[] = [];
  return {
    capabilities,
    connect: async () => {
      const connection = new Connection(brokerUrl);
      connections.push(connection);
      return createRpcBackend(
        backendContext("rpc://", { connection: () => connection, clientId: randomUUID() }),
      );
    },
    [Symbol.asyncDispose]: async () => {
      for (const connection of connections) await connection.close();
    },
  };
}

function contract(brokerUrl: () => string): void {
  for (const { title, needs, run } of backendContract) {
    it.skipIf(unmetBackendNeeds(needs, { capabilities }).length > 0)(`contract: ${title}`, () =>
      run(async () => harness(brokerUrl())),
    );
  }
}

requires("rabbitmq")("rpc backend over RabbitMQ", () => {
  const vhost = suiteResource(() => rabbitVhost());
  contract(() => vhost().url);
});

requires("redis")("rpc backend over Redis", () => {
  const server = suiteResource(() => startRedis());
  contract(() => server().url);
});

requires()("rpc backend over SQLite", () => {
  const folder = suiteResource(() => tempFolder("rpc"));
  contract(() => `sqlite:///${folder().path}/broker.db`);
});
