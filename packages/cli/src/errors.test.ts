import { readFileSync } from "node:fs";
import { BeatLockedError } from "@q/beat";
import { ImproperlyConfiguredError, MissingDriverError } from "@q/kernel";
import { AccessRefusedError, ConnectionError, PublishError } from "@q/messaging";
import { expect, it } from "vitest";
import { EXIT, exitCodeOf, UNREACHABLE, UsageError, WRONG_INPUT } from "./errors.ts";

it.each([
  [new UsageError("no such option"), 64],
  [new UsageError("a file is there", { exitCode: 73 }), 73],
  [new ConnectionError("refused"), 69],
  [new PublishError("not sent", { sent: "no" }), 69],
  [new AccessRefusedError("wrong password"), 77],
  [new BeatLockedError("another beat has the file"), 73],
  [new ImproperlyConfiguredError("no such setting"), 64],
  [new MissingDriverError("ioredis", "Redis"), 64],
  [new Error("anything"), 1],
])("%s ends a command with its exit code", (error, code) => {
  expect(exitCodeOf(error)).toBe(code);
});

it("has its exit codes, and the errors that lead to them, in docs/reference/exit-codes.md", () => {
  const page = readFileSync(new URL("../../../docs/reference/exit-codes.md", import.meta.url), "utf8");
  const rows = [...page.matchAll(/^\| (\d+) /gm)].map(([, code]) => Number(code));
  expect(rows).toEqual(Object.values(EXIT));
  const errors = (clause: RegExp): string[] =>
    clause
      .exec(page)?.[1]
      ?.match(/ERR_Q_\w+/g)
      ?.toSorted() ?? [];
  expect(errors(/with 64:([^;]+);/)).toEqual([...WRONG_INPUT, "ERR_Q_USAGE"].toSorted());
  expect(errors(/with 69:([^;]+);/)).toEqual([...UNREACHABLE].toSorted());
});
