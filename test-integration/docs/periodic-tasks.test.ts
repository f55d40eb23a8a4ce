import { readFileSync } from "node:fs";
import { mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { runInNewContext } from "node:vm";
import * as beat from "@q/beat";
import { Crontab, crontabFromString } from "@q/beat";
import { describe, expect, it } from "vitest";
import { nodeProcess, tempFolder } from "../harness/index.ts";
import { codeBlocks, repository } from "./code-blocks.ts";

const PAGE = "docs/guides/periodic-tasks.md";
const page = readFileSync(repository + PAGE, "utf8");
const rows = [...page.matchAll(/^\| (.+) \|$/gm)].map(([, row = ""]) =>
  row.split(" | ").map((cell) => cell.trim()),
);

/** What code in backquotes makes, with everything that @q/beat exports in reach. */
function made(code: string): unknown {
  return runInNewContext(code, { ...beat });
}

/** The occurrences of a schedule from `from` on, before `to`. */
function occurrences(
  schedule: beat.Schedule,
  { from, to }: { from: string; to: string },
  timeZone = "UTC",
): number[] {
  const found: number[] = [];
  for (let at = schedule.next(Date.parse(from) - 1, { timeZone }); at !== undefined && at < Date.parse(to);) {
    found.push(at);
    at = schedule.next(at, { timeZone });
  }
  return found;
}

describe("crontabs of the guide to periodic tasks", () => {
  const examples = rows
    .map(([code = "", meaning = ""]) => [/^`(crontab\(.*\))`$/.exec(code)?.[1] ?? "", meaning] as const)
    .filter(([code]) => code !== "");
  const month = { from: "2026-05-01T00:00:00Z", to: "2026-06-01T00:00:00Z" };
  /** Runs in May 2026, which begins on a Friday, by what the guide says in words. */
  const RUNS: Readonly<Record<string, number>> = {
    "every minute": 31 * 1440,
    "daily at midnight": 31,
    "every three hours": 31 * 8,
    "every 15 minutes": 31 * 96,
    "every minute (!) on Sundays": 5 * 1440,
    // Thursdays 7, 14, 21, 28 and Fridays 1, 8, 15, 22, 29: three hours of six runs.
    "every ten minutes": 9 * 18,
    "every even hour and every hour divisible by three": 31 * 16,
    "every hour divisible by five": 31 * 5,
    "every hour divisible by three, and every hour from 8 to 17": 31 * 15,
    "on the second day of every month": 1,
    "on every even day": 15,
    "in the first and third weeks": 14,
    "on the eleventh of May": 1,
    // Of a quarter May is the second month.
    "every day in the first month of every quarter": 0,
    // 21 working days, ten hours, four runs.
    "a line": 21 * 40,
  };

  it("are all there", () => {
    expect(examples.length).toBe(17);
  });

  const meanings = examples.map(([, meaning], index) =>
    meaning === "the same" ? (examples[index - 1]?.[1] ?? "") : meaning,
  );

  it.each(examples.map(([code], index) => [code, meanings[index] ?? ""] as const))(
    "%s means %s",
    (code, text) => {
      const schedule = made(code);
      expect(schedule).toBeInstanceOf(Crontab);
      const key = Object.keys(RUNS)
        .filter((one) => text.startsWith(one))
        .sort((a, b) => b.length - a.length)[0];
      expect(key, text).toBeDefined();
      expect(occurrences(schedule as Crontab, month)).toHaveLength(RUNS[key ?? ""] ?? Number.NaN);
    },
  );
});

describe("tables of clock changes in the guide to periodic tasks", () => {
  const clock = new Intl.DateTimeFormat("en-GB", {
    timeZone: "Europe/Berlin",
    hour: "2-digit",
    minute: "2-digit",
  });
  const table = (title: RegExp): string[][] => {
    const text = page.slice(page.search(title)).split("\n\n")[1] ?? "";
    return [...text.matchAll(/^\| `(.+?)` +\| (.+?) +\|/gm)].map(([, line = "", comes = ""]) => [
      line,
      comes,
    ]);
  };
  /** Crontabs of every hour also come before and after what the table shows. */
  const check = (line: string, comes: string, times: readonly string[]): void => {
    if (line.split(" ")[1] === "*") expect(times.join(", "), line).toContain(comes);
    else expect(times.join(", "), line).toBe(comes);
  };

  it("say when crontabs come where the clock goes forward", () => {
    const lines = table(/^In Berlin the clock goes from 02:00 to 03:00/m);
    expect(lines).toHaveLength(4);
    for (const [line = "", comes = ""] of lines) {
      const day = { from: "2026-03-29T00:00:00Z", to: "2026-03-29T03:00:00Z" };
      const times = occurrences(crontabFromString(line), day, "Europe/Berlin").map((at) => clock.format(at));
      check(line, comes, times);
    }
  });

  it("say when crontabs come where it goes back", () => {
    const lines = table(/^It goes from 03:00 back to 02:00/m);
    expect(lines).toHaveLength(4);
    const change = Date.parse("2026-10-25T01:00:00Z");
    const shown = (at: number): string => {
      const half = at < change ? "a" : "b";
      const time = clock.format(at);
      return time.startsWith("02:") ? `${time}${half}` : time;
    };
    for (const [line = "", comes = ""] of lines) {
      const day = { from: "2026-10-24T22:00:00Z", to: "2026-10-25T04:00:00Z" };
      const times = occurrences(crontabFromString(line), day, "Europe/Berlin").map(shown);
      check(line, comes, times);
    }
  });
});

it("has an app whose entries q beat lists as the guide says", async () => {
  await using folder = await tempFolder("guide");
  const block = codeBlocks(PAGE).find(({ file }) => file === "proj.ts");
  await writeFile(join(folder.path, "proj.ts"), block?.code ?? "");
  await writeFile(join(folder.path, "package.json"), '{"type":"module"}');
  await mkdir(join(folder.path, "node_modules"));
  await symlink(join(repository, "test-integration/node_modules/@q"), join(folder.path, "node_modules/@q"));
  const tsx = import.meta.resolve("tsx");
  const program = nodeProcess("packages/cli/bin/q.js", ["-A", "./proj.ts", "beat", "list", "--json"], {
    cwd: folder.path,
    nodeArgs: ["--import", tsx],
  });
  expect(await program.exited, program.tail).toMatchObject({ code: 0 });
  const entries = JSON.parse(program.lines.join("\n")) as beat.EntryInfo[];
  expect(entries.map(({ name, schedule }) => [name, schedule])).toEqual([
    ["add every 10", "<freq: 10.00 seconds>"],
    ['tasks.test("Happy Mondays!")', "<crontab: 30 7 * * 1 (m/h/dM/MY/d)>"],
    ['tasks.test("world")', "<freq: 30.00 seconds>"],
  ]);
});
