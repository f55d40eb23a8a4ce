import { describe, expect, it } from "vitest";
import { InlinePool } from "./inline-pool.ts";

describe("time limits on the event loop", () => {
  it.each([Infinity, 2 ** 60, 2 ** 31])("take %d ms for as long as that, not for none", async (limitMs) => {
    const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
    const execute = async (): Promise<string> => {
      const end = performance.now() + 20;
      while (performance.now() < end) await turn();
      return "whole";
    };
    const pool = new InlinePool({ execute });
    const outcome = await pool.run({
      id: "long",
      payload: undefined,
      softLimitMs: limitMs,
      hardLimitMs: limitMs,
    });
    expect(outcome).toEqual({ status: "done", value: "whole" });
    await pool.stop();
  });
});
