import { readFileSync } from "node:fs";
import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { oldNames } from "./old-names.ts";
import type { SettingRow } from "./setting-row.ts";
import { settingAreas, type SettingEntry, settingsTable } from "./settings-table.ts";

const REFERENCE = "../../../../docs/reference/settings.md";

const TITLES: Readonly<Record<string, string>> = {
  general: "General",
  task: "Tasks",
  routing: "Message routing",
  broker: "Broker",
  result: "Result backend",
  redis: "Redis result backend",
  store: "Database, cache, document and Cassandra result backends",
  cloud: "Cloud and search result backends",
  worker: "Worker",
  control: "Events and remote control",
  beat: "Beat",
};

const HEAD = `<!-- Written by packages/core/src/conf/settings-reference.test.ts. Change the table, then run it with -u. -->

# Settings

Settings are given to \`createApp\`, to \`app.config.update\`, in a configuration module, or in the environment. Both
spellings of a name mean the same everywhere. Times are seconds unless a name says otherwise; they may also be written
\`{ days, hours, minutes, seconds }\` or as an ISO 8601 duration such as \`PT1H30M\`. From texts, as in the environment or on
a command line, numbers, booleans and lists are read by their usual spelling, and maps as JSON.

A setting comes from the first of these that has it: options of the command line, environment variables
(\`CELERY_BROKER_URL\`, \`CELERY_BROKER_READ_URL\`, \`CELERY_BROKER_WRITE_URL\`, \`CELERY_RESULT_BACKEND\`), changes at run
time, the configuration source, added defaults, and the default shown here.

Settings marked _no effect_ are read and checked, so that a configuration of Celery's can be used as it is, but nothing
acts upon them; the mark says why, and what to do instead. A worker warns of those that you have set to something else
than their default, and \`q report\` lists them.
`;

/** What the interface of an area says of each setting: its meaning and its default. */
function documentation(area: string): ReadonlyMap<string, { meaning: string; builtIn: string }> {
  const source = readFileSync(new URL(`${area}-settings.ts`, import.meta.url), "utf8");
  const found = source.matchAll(/\/\*\*(?<comment>(?:(?!\*\/).)*)\*\/\s+readonly (?<key>\w+):/gs);
  return new Map(
    [...found].map(({ groups }) => {
      const comment = (groups?.["comment"] ?? "").replaceAll(/\s*\n\s*\*\s?/g, " ").trim();
      const parts = /^(?<meaning>.*) Default `(?<builtIn>[^`]*)`\.$/s.exec(comment)?.groups;
      return [
        groups?.["key"] ?? "",
        { meaning: parts?.["meaning"] ?? "", builtIn: parts?.["builtIn"] ?? "" },
      ];
    }),
  );
}

function entriesOf(rows: Readonly<Record<string, SettingRow<unknown>>>): SettingEntry[] {
  return [...settingsTable.values()].filter((entry) => entry.key in rows);
}

/** A default as TypeScript. */
function shown(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value);
  return inspect(value, { breakLength: Number.POSITIVE_INFINITY })
    .replaceAll(/'([^']*)'/g, '"$1"')
    .replaceAll(/\[ (.*) \]/g, "[$1]");
}

function describeSetting(entry: SettingEntry, meaning: string): string {
  const old = [...oldNames()].filter(([, name]) => name === entry.name).map(([name]) => `\`${name}\``);
  const oldLine = old.length === 0 ? "" : `\n- Old name: ${old.join(", ")}`;
  const instead =
    entry.useInstead === undefined
      ? ""
      : `\n- Deprecated: use ${entry.useInstead.replaceAll(/\w+_\w+/g, "`$&`")}`;
  const mark = entry.noEffect === undefined ? "" : `\n- _No effect_: ${entry.noEffect}`;
  const spelling = entry.name === entry.key ? "" : `\n- TypeScript: \`${entry.key}\``;
  return `### \`${entry.name}\`

${meaning}
${spelling}
- Type: ${entry.type.name}
- Default: \`${shown(entry.default)}\`${oldLine}${instead}${mark}
`;
}

function reference(): string {
  const areas = [...settingAreas].map(([area, rows]) => {
    const documented = documentation(area);
    const settings = entriesOf(rows).map((entry) =>
      describeSetting(entry, documented.get(entry.key)?.meaning ?? ""),
    );
    return `## ${TITLES[area]}\n\n${settings.join("\n")}`;
  });
  return [HEAD, ...areas].join("\n").replaceAll(/\n{3,}/g, "\n\n");
}

describe.each([...settingAreas])("the documentation of the %s settings", (area, rows) => {
  it("gives every setting a meaning", () => {
    const documented = documentation(area);
    expect([...documented.keys()]).toEqual(Object.keys(rows));
    expect([...documented].filter(([, { meaning }]) => meaning.length < 5)).toEqual([]);
  });

  it("states the default that is in force", () => {
    const documented = documentation(area);
    const stated = entriesOf(rows).map((entry) => [entry.name, documented.get(entry.key)?.builtIn]);
    expect(stated).toEqual(entriesOf(rows).map((entry) => [entry.name, shown(entry.default)]));
  });
});

it("keeps docs/reference/settings.md in step with the table", async () => {
  await expect(reference()).toMatchFileSnapshot(REFERENCE);
});
