import { ImproperlyConfiguredError } from "@q/kernel";
import { AccessRefusedError, ConnectionError, PublishError } from "@q/messaging";
import { expect, it } from "vitest";
import { exitCodeOf, UsageError } from "./errors.ts";

it.each([
  [new UsageError("no such option"), 64],
  [new UsageError("a file is there", { exitCode: 73 }), 73],
  [new ConnectionError("refused"), 69],
  [new PublishError("not sent", { sent: "no" }), 69],
  [new AccessRefusedError("wrong password"), 77],
  [new ImproperlyConfiguredError("no such setting"), 1],
  [new Error("anything"), 1],
])("%s ends a command with its exit code", (error, code) => {
  expect(exitCodeOf(error)).toBe(code);
});
