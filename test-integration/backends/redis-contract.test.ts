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
    { format: "yaml", changes: { serializer: "yaml" }, about: /success|error|children|change|chord|member/ },
    {
      format: "msgpack",
      changes: { serializer: "msgpack" },
      about: /success|error|children|change|chord|member/,
    },
    {
      format: "compressed json",
      changes: { compression: "gzip" },
      about: /success|error|children|change|chord/,
    },
    {
      format: "chords without order",
      changes: { transportOptions: { result_chord_ordered: false } },
      about: /exactly one|once|size of a chord|one attempt|has ended|unfinished/,
    },
  ])("with $format", ({ changes, about }) => {
    for (const { title, run } of backendContract.filter((one) => about.test(one.title))) {
      it(`contract: ${title}`, () => run(async () => redisHarness(server(), changes)));
    }
  });
});
