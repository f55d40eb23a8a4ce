import { silentLogger } from "@q/kernel";
import { expect, it } from "vitest";
import { parseAmqpOptions } from "./amqp/amqp-option-schema.ts";
import { isForeignOption } from "./foreign-options.ts";
import { parseRedisOptions } from "./redis/redis-option-schema.ts";
import { parseSqliteOptions } from "./sqlite/sqlite-options.ts";

const parsers: Readonly<Record<string, (given: Record<string, unknown>) => unknown>> = {
  RabbitMQ: parseAmqpOptions,
  Redis: parseRedisOptions,
  SQLite: (given) => parseSqliteOptions(given, silentLogger),
};

it.each(Object.entries(parsers))(
  "%s passes over what is meant for others and refuses slips",
  (_name, parse) => {
    const shared = {
      wait_time_seconds: 20,
      dataFolderIn: "./in",
      busy_timeout: 5,
      unacked_key: "u",
      max_retries: 3,
    };
    expect(() => parse(shared)).not.toThrow();
    expect(() => parse({ wait_time_secnds: 20 })).toThrow(/"wait_time_secnds"/);
  },
);

it("knows every option that a transport of ours reads", () => {
  const { options } = parseRedisOptions({});
  const own = [...Object.keys(options), ...Object.keys(parseAmqpOptions({})), "busyTimeout"];
  expect(own.filter((name) => !isForeignOption(name))).toEqual([]);
});
