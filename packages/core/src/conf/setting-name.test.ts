import { expect, it } from "vitest";
import { camelCase, camelKeys, snakeCase } from "./setting-name.ts";
import { findSetting, settingsTable } from "./settings-table.ts";

it("finds every setting by both of its names", () => {
  for (const entry of settingsTable.values()) {
    expect(camelCase(entry.name)).toBe(entry.key);
    expect(snakeCase(entry.key)).toBe(entry.name);
    expect(findSetting(entry.name)).toBe(entry);
    expect(findSetting(entry.key)).toBe(entry);
  }
  expect(settingsTable.size).toBe(230);
});

it.each(["task_Serializer", "Task_serializer", "TASK_SERIALIZER", "__proto__", "constructor", ""])(
  "finds no setting named %j",
  (name) => {
    expect(findSetting(name)).toBeUndefined();
  },
);

it("turns keys into camelCase, but not those further inside", () => {
  const keys = camelKeys({ routing_key: "k", queue_arguments: { max_length: 1 } });
  expect(keys).toEqual({ routingKey: "k", queueArguments: { max_length: 1 } });
});
