import { expect, it } from "vitest";
import manifest from "../package.json" with { type: "json" };
import * as main from "./index.ts";
import * as entities from "./entities/index.ts";
import * as memory from "./transports/memory/index.ts";
import * as sqlite from "./transports/sqlite/index.ts";
import * as redis from "./transports/redis/index.ts";
import * as amqp from "./transports/amqp/index.ts";
import * as sqliteInternal from "./transports/sqlite/internal.ts";
import * as envelopeInternal from "./transports/redis/envelope.ts";
import * as redisInternal from "./transports/redis/internal.ts";
import * as clientInternal from "./internal-client.ts";
import * as testing from "./testing/index.ts";

const entries = {
  ".": main,
  "./entities": entities,
  "./memory": memory,
  "./sqlite": sqlite,
  "./redis": redis,
  "./amqp": amqp,
  "./internal/sqlite": sqliteInternal,
  "./internal/envelope": envelopeInternal,
  "./internal/redis": redisInternal,
  "./internal/client": clientInternal,
  "./testing": testing,
};

it("tests every entry of the package", () => {
  const declared = Object.keys(manifest.exports).filter((entry) => entry !== "./package.json");
  expect(Object.keys(entries)).toEqual(declared);
});

it.each(Object.entries(entries))("exports these names and no others from %s", (_entry, names) => {
  expect(Object.keys(names).toSorted()).toMatchSnapshot();
});
