import { expect, it } from "vitest";
import { UserOptions } from "./user-options.ts";

it("keeps options by their command, and adds to them", () => {
  const options = new UserOptions();
  options.add("worker", { region: { type: "string" } });
  options.add("worker", { "data-center": { type: "number", default: 1 } });
  expect(options.of("worker")).toEqual({
    region: { type: "string" },
    "data-center": { type: "number", default: 1 },
  });
  expect(options.of("beat")).toEqual({});
});

it.each(["dataCenter", "-x", "data center", ""])("refuses the name %j, which cannot be typed", (name) => {
  expect(() => new UserOptions().add("worker", { [name]: { type: "string" } })).toThrow(
    /cannot be an option/,
  );
});
