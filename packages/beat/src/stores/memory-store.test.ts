import { describe, it } from "vitest";
import { storeContract } from "../testing/store-contract.ts";
import { MemoryStore } from "./memory-store.ts";

describe("MemoryStore", () => {
  for (const { title, run } of storeContract) {
    it(`contract: ${title}`, async () => {
      const store = new MemoryStore({ isShared: true });
      await run(async () => store);
    });
  }
});
