import { describe, it } from "vitest";
import { serializerContract, type SerializerNeed } from "../testing/serializer-contract.ts";
import { createSerializerRegistry } from "./serializer-registry.ts";

const supported: Record<string, readonly SerializerNeed[]> = {
  json: ["values", "dates", "bytes", "bigIntegers"],
  yaml: ["values", "dates", "bytes", "bigIntegers"],
  msgpack: ["values", "bytes", "bigIntegers"],
  text: [],
  binary: ["bytes"],
};

for (const [name, supports] of Object.entries(supported)) {
  describe(`${name} serializer`, () => {
    for (const { title, needs, run } of serializerContract) {
      const unmet = (needs ?? []).filter((need) => !supports.includes(need));
      it.skipIf(unmet.length > 0)(`contract: ${title}`, () =>
        run(() => createSerializerRegistry().load(name)),
      );
    }
  });
}
