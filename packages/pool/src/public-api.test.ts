import { expect, it } from "vitest";
import manifest from "../package.json" with { type: "json" };
import * as main from "./index.ts";
import * as inline from "./inline/index.ts";
import * as testing from "./testing/index.ts";
import * as transfer from "./transfer/index.ts";

const entries = { ".": main, "./inline": inline, "./testing": testing, "./transfer": transfer };

it("tests every entry of the package", () => {
  const declared = Object.keys(manifest.exports).filter((entry) => entry !== "./package.json");
  expect(Object.keys(entries)).toEqual(declared);
});

it.each(Object.entries(entries))("exports these names and no others from %s", (_entry, names) => {
  expect(Object.keys(names).toSorted()).toMatchSnapshot();
});
