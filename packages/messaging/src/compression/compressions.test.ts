import { describe, it } from "vitest";
import { compressionContract } from "../testing/compression-contract.ts";
import { createCompressionRegistry } from "./compression-registry.ts";

for (const name of createCompressionRegistry().names()) {
  describe(`${name} compression`, () => {
    for (const { title, run } of compressionContract) {
      it(`contract: ${title}`, () => run(() => createCompressionRegistry().load(name)));
    }
  });
}
