import { expect, it } from "vitest";
import { recordingLogger } from "@q/kernel/testing";
import type { ExecutorLogLine } from "./executor-data.ts";
import { isLogLine, writeLogLine } from "./executor-log.ts";
import { forwardingLogger } from "./forwarding-logger.ts";

it("writes the lines of an executor into another log, with errors and what cannot be cloned", () => {
  const target = recordingLogger();
  const send = (line: ExecutorLogLine): void => {
    const event: unknown = structuredClone(line);
    expect(isLogLine(event)).toBe(true);
    writeLogLine(target, event as ExecutorLogLine);
  };
  const logger = forwardingLogger(send, "info").child({ taskId: "1" });
  logger.debug({}, "too quiet");
  logger.info({ n: 1, data: { list: [1] } }, "said");
  logger.error({ err: new TypeError("broken"), f: () => 1, o: { f: () => 1 } }, "failed");
  expect(target.lines).toMatchObject([
    { level: "info", fields: { taskId: "1", n: 1, data: { list: [1] } }, message: "said" },
    { level: "error", fields: { taskId: "1", f: expect.stringContaining("Function") as string } },
  ]);
  expect(target.lines[1]?.fields["err"]).toBeInstanceOf(TypeError);
  expect(target.lines[1]?.fields["o"]).toContain("[Function");
});

it("takes a text or an error instead of fields, as pino does", () => {
  const lines: ExecutorLogLine[] = [];
  const logger = forwardingLogger((line) => lines.push(line), "info", { taskId: "1" });
  const info = logger.info as (given: unknown, text?: unknown) => void;
  info("just text");
  info("%d of them", 3);
  info(new TypeError("broken"));
  info(new TypeError("broken"), "with a text");
  info({ n: 1 });
  expect(lines.map(({ message }) => message)).toEqual([
    "just text",
    "3 of them",
    "broken",
    "with a text",
    "",
  ]);
  expect(lines[0]?.fields).toEqual({ taskId: "1" });
  expect(lines[2]?.fields).toMatchObject({ taskId: "1", err: { encodedError: { name: "TypeError" } } });
  expect(lines[4]?.fields).toEqual({ taskId: "1", n: 1 });
});

it("knows which lines go anywhere", () => {
  const levels = (["trace", "info", "error"] as const).map((level) =>
    forwardingLogger(() => {}, "info").isLevelEnabled?.(level),
  );
  expect(levels).toEqual([false, true, true]);
  expect(forwardingLogger(() => {}, undefined).isLevelEnabled?.("fatal")).toBe(false);
});
