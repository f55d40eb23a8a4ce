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

it("knows which lines go anywhere", () => {
  const levels = (["trace", "info", "error"] as const).map((level) =>
    forwardingLogger(() => {}, "info").isLevelEnabled?.(level),
  );
  expect(levels).toEqual([false, true, true]);
  expect(forwardingLogger(() => {}, undefined).isLevelEnabled?.("fatal")).toBe(false);
});
