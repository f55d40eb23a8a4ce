import assert from "node:assert/strict";
import type { BackendContractCase } from "../backend-harness.ts";
import { newId } from "../workbench.ts";

/** Revoked ids, for backends that keep them. */
export const revocationCases: readonly BackendContractCase[] = [
  {
    title: "keeps revoked ids for other clients until their time is over",
    needs: ["expiry", "shared"],
    run: async (open) => {
      await using harness = await open();
      await using backend = await harness.connect();
      await using other = await harness.connect();
      if (backend.revocations === undefined) return;
      const [first, second] = [newId(), newId()];
      // Other cases may use the same store.
      const listed = async (): Promise<boolean[]> => {
        const ids = new Set(await other.revocations?.list());
        return [ids.has(first), ids.has(second)];
      };
      await backend.revocations.add([first], 30);
      await backend.revocations.add([second], 600);
      assert.deepEqual(await listed(), [true, true]);
      await harness.passTime?.(31_000);
      assert.deepEqual(await listed(), [false, true]);
    },
  },
];
