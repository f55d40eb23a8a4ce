import assert from "node:assert/strict";
import type { BackendContractCase } from "../backend-harness.ts";
import { newId } from "../workbench.ts";

/** Revocations, for backends that keep them. */
export const revocationCases: readonly BackendContractCase[] = [
  {
    title: "keeps revocations for other clients until their time is over",
    needs: ["expiry", "shared"],
    run: async (open) => {
      await using harness = await open();
      await using backend = await harness.connect();
      await using other = await harness.connect();
      if (backend.revocations === undefined) return;
      const [early, late, stamp] = [newId(), newId(), newId()];
      // Other cases may use the same store.
      const listed = async (): Promise<boolean[]> => {
        const ids = new Set(await other.revocations?.list("id"));
        const stamps = new Set(await other.revocations?.list("stamp"));
        return [ids.has(early), ids.has(late), stamps.has(stamp), ids.has(stamp)];
      };
      await backend.revocations.add("stamp", [stamp], 600);
      await backend.revocations.add("id", [late], 600);
      await backend.revocations.add("id", [early], 30);
      assert.deepEqual(await listed(), [true, true, true, false]);
      await harness.passTime?.(31_000);
      assert.deepEqual(await listed(), [false, true, true, false]);
    },
  },
];
