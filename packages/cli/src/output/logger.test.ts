import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ImproperlyConfiguredError } from "@q/kernel";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { createLogger, type LogOptions, logLevel } from "./logger.ts";

/** What is in the log file after a line of the worker and one of a task; times replaced. */
function logged(options: Partial<LogOptions>): string[] {
  const file = join(mkdtempSync(join(tmpdir(), "q-log-")), "worker.log");
  const logger = createLogger({ level: "info", file, ...options });
  logger.info({ hostname: "w@here" }, "worker ready");
  logger.child({ taskName: "proj.add", taskId: "one" }).warn({ seconds: 2.00000049 }, "slow");
  const text = readFileSync(file, "utf8");
  return text
    .replaceAll(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3}/g, "TIME")
    .trimEnd()
    .split("\n");
}

describe("a log in text", () => {
  it("has a form of its own", () => {
    expect(logged({})).toEqual([
      "[TIME: INFO] worker ready hostname=w@here",
      "[TIME: WARNING] slow proj.add[one] seconds=2",
    ]);
  });

  it("tells the time of the machine", () => {
    vi.stubEnv("TZ", "Asia/Kolkata");
    onTestFinished(() => void vi.unstubAllEnvs());
    const file = join(mkdtempSync(join(tmpdir(), "q-log-")), "worker.log");
    createLogger({ level: "info", file }).info({}, "worker ready");
    const [, date, time, ms] = /^\[(\S+) (\S+),(\d+): INFO\]/.exec(readFileSync(file, "utf8")) ?? [];
    const ageMs = Date.now() - Date.parse(`${date}T${time}.${ms}+05:30`);
    expect(Math.abs(ageMs)).toBeLessThan(60_000);
  });

  it("takes the templates of Celery's settings", () => {
    const worker = "[%(asctime)s: %(levelname)-8s/%(processName)s] %(message)s";
    const task = "%(levelname)s %(task_name)s[%(task_id)s]: %(message)s 100%% %(nothing)s";
    expect(logged({ templates: { worker, task } })).toEqual([
      "[TIME: INFO    /MainProcess] worker ready hostname=w@here",
      "WARNING proj.add[one]: slow seconds=2 100% ???",
    ]);
  });

  it("names the task in its message when there is one template for all", () => {
    expect(logged({ templates: { worker: "%(message)s" } })).toEqual([
      "worker ready hostname=w@here",
      "slow proj.add[one] seconds=2",
    ]);
  });
});

it("says why a log file cannot be written", () => {
  expect(() => createLogger({ level: "info", file: tmpdir() })).toThrow(/cannot be written: EISDIR/);
});

describe("an error in a log of text", () => {
  /** The lines for an error at a level, once for the worker and once for a task. */
  function lines(err: Error, level: "warn" | "error", threshold = "info"): string[] {
    const file = join(mkdtempSync(join(tmpdir(), "q-log-")), "worker.log");
    const logger = createLogger({ level: threshold, file });
    logger[level]({ err, retry: 1 }, "it failed");
    logger.child({ taskName: "proj.add", taskId: "one" })[level]({ err }, "task failed");
    return readFileSync(file, "utf8")
      .trimEnd()
      .replaceAll(/^\[.*?\] /gm, "")
      .split("\n");
  }
  const expected = new ImproperlyConfiguredError("Is the server up?");
  const unforeseen = new RangeError("out of range");

  it("is its text where the text says what to do, and below the level of errors", () => {
    expect(lines(expected, "warn")).toEqual([
      "it failed retry=1: Is the server up?",
      "task failed proj.add[one]: Is the server up?",
    ]);
    expect(lines(expected, "error")[0]).toBe("it failed retry=1: Is the server up?");
    expect(lines(unforeseen, "warn")[0]).toBe("it failed retry=1: RangeError: out of range");
  });

  it("is its stack where somebody may have to look for the place", () => {
    for (const [err, level, threshold] of [
      [unforeseen, "error", "info"],
      [expected, "warn", "debug"],
    ] as const) {
      const [first, second, third] = lines(err, level, threshold);
      expect([first, second]).toEqual(["it failed retry=1", `${err.name}: ${err.message}`]);
      expect(third).toMatch(/^ {4}at .*logger\.test\.ts/);
    }
    expect(lines(expected, "error")).toContain("task failed proj.add[one]");
  });
});

it("knows the levels of Celery, in any case, and no others", () => {
  expect(["debug", "Info", "WARNING", "error", "critical", "FATAL"].map(logLevel)).toEqual([
    "debug", "info", "warn", "error", "fatal", "fatal",
  ]); // prettier-ignore
  expect(() => logLevel("loud")).toThrow('there is no log level "loud"');
});
