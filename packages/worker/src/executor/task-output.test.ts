import { createApp } from "@q/core";
import { recordingLogger } from "@q/kernel/testing";
import { expect, it, vi } from "vitest";
import { TaskOutput } from "./task-output.ts";

it("logs what a task prints, line by line, and prints everything else", async () => {
  const logger = recordingLogger();
  const app = createApp("test", { logger });
  const print = app.task("test.print", (text: string) => {
    process.stdout.write(text);
    process.stderr.write(Buffer.from("to stderr\n"));
  });
  const printed = vi.spyOn(process.stdout, "write").mockReturnValue(true);
  {
    using _output = new TaskOutput("warn");
    await print.apply(["one\n\ntwo \n"], { taskId: "id" });
    process.stdout.write("outside");
  }
  await print.apply(["after"]);

  const fields = { taskName: "test.print", taskId: "id" };
  expect(logger.lines).toEqual(
    ["one", "two", "to stderr"].map((message) => ({ level: "warn", fields, message })),
  );
  expect(printed.mock.calls.map(([chunk]) => chunk)).toEqual(["outside", "after"]);
  printed.mockRestore();
});

it("settles writes that wait for their callback, and does not log what the log itself prints", async () => {
  const lines: string[] = [];
  const logger = recordingLogger();
  const loud = { ...logger, child: () => ({ ...logger, warn: (_: object, text: string) => void (lines.push(text), process.stdout.write("")) }) }; // prettier-ignore
  const app = createApp("test", { logger: loud as typeof logger });
  const print = app.task("test.print", () => new Promise((resolve) => process.stdout.write("x", resolve)));
  using _output = new TaskOutput("warn");
  await print.apply([]);
  expect(lines).toEqual(["x"]);
});
