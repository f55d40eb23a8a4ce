import { expect, test } from "vitest";
import { bounded } from "./bounded.ts";

test("gives back what the step gives, also its failure", async () => {
  await expect(bounded("Filling q", 60_000, Promise.resolve(3))).resolves.toBe(3);
  await expect(bounded("Filling q", 60_000, Promise.reject(new Error("refused")))).rejects.toThrow("refused");
});

test("fails with the name of a step that never ends", async () => {
  await expect(bounded("Filling q", 1, new Promise(() => {}))).rejects.toThrow(
    "Filling q took more than 0.001 s",
  );
});
