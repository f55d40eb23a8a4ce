import { expect, it } from "vitest";
import manifest from "../package.json" with { type: "json" };
import * as main from "./index.ts";
import * as events from "./events/index.ts";
import * as openTelemetry from "./tracing/open-telemetry.ts";
import * as internal from "./internal.ts";
import * as controlInternal from "./control/internal.ts";

const entries = {
  ".": main,
  "./events": events,
  "./opentelemetry": openTelemetry,
  "./internal": internal,
  "./internal/control": controlInternal,
};

it("tests every entry of the package", () => {
  const declared = Object.keys(manifest.exports).filter((entry) => entry !== "./package.json");
  expect(Object.keys(entries)).toEqual(declared);
});

it.each(Object.entries(entries))("exports these names and no others from %s", (_entry, names) => {
  expect(Object.keys(names).toSorted()).toMatchSnapshot();
});
