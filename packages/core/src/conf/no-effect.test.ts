import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { settingsTable } from "./settings-table.ts";

const packages = fileURLToPath(new URL("../../..", import.meta.url));

/** The code that may act upon a setting: everything but the tables that describe settings. */
function sources(): string {
  const entries = readdirSync(packages, { recursive: true, encoding: "utf8" });
  const code = entries.filter(
    (entry) =>
      /^[a-z]+\/src\/.*(?<!\.test|\.test-d)\.ts$/.test(entry) && !/-(settings|rows)\.ts$/.test(entry),
  );
  return code.map((entry) => readFileSync(`${packages}/${entry}`, "utf8")).join("\n");
}

it("says of every setting that no code reads that it has no effect", () => {
  const words = new Set(sources().match(/\w+/g));
  const claimed = [...settingsTable.values()].filter((entry) => !entry.noEffect).map((entry) => entry.key);
  expect(claimed.filter((key) => !words.has(key))).toEqual([]);
});
