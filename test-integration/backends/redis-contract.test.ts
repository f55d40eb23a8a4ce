import { backendContract, unmetBackendNeeds } from "@q/backends/testing";
import { describe, it } from "vitest";
import { requires, startRedis, suiteResource } from "../harness/index.ts";
import { redisCapabilities, redisHarness } from "./redis-harness.ts";

const abilities = { capabilities: redisCapabilities, passTime: async () => {}, injectRaw: async () => {} };

requires("redis")("Redis backend", () => {
  const server = suiteResource(() => startRedis());

  for (const { title, needs, run } of backendContract) {
    it.skipIf(unmetBackendNeeds(needs, abilities).length > 0)(`contract: ${title}`, () =>
      run(async () => redisHarness(server())),
    );
  }

  describe.each([
    { format: "yaml", changes: { serializer: "yaml" } },
    { format: "msgpack", changes: { serializer: "msgpack" } },
    { format: "compressed json", changes: { compression: "gzip" } },
  ])("with $format", ({ changes }) => {
    for (const { title, run } of backendContract.filter(({ title }) =>
      /success|error|children|change/.test(title),
    )) {
      it(`contract: ${title}`, () => run(async () => redisHarness(server(), changes)));
    }
  });
});
