import fc from "fast-check";
import { expect, it } from "vitest";
import { hasLongInteger } from "./long-integer.ts";

it("agrees with the pattern that it is faster than", () => {
  const pieces = fc.oneof(
    fc.stringMatching(/^\d{1,20}$/),
    fc.constantFrom(".", ",", "-", "e", " ", '"', "0.", "[[["),
  );
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 20 }), (parts) => {
      const text = parts.join("");
      expect(hasLongInteger(Buffer.from(text))).toBe(/(?<![.\d])\d{16}/.test(text));
    }),
    { numRuns: 3000 },
  );
});
