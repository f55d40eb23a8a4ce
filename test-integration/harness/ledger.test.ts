import { appendFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { ChildProgram, openLedger } from "./index.ts";

describe("the ledger", () => {
  it("tells lost and repeated work", async () => {
    await using ledger = await openLedger();
    ledger.record({ id: "done", attempt: 0, event: "start" });
    ledger.record({ id: "done", attempt: 0, event: "end" });
    ledger.record({ id: "twice", attempt: 0, event: "start" });
    ledger.record({ id: "twice", attempt: 1, event: "start" });
    ledger.record({ id: "twice", attempt: 1, event: "end" });
    ledger.record({ id: "broken off", attempt: 0, event: "start" });

    const report = await ledger.read();
    expect(report.lost(["done", "twice", "broken off", "never seen"])).toEqual(["broken off", "never seen"]);
    expect(report.duplicates()).toEqual(new Map([["twice", 2]]));
    expect(report.interrupted()).toBe(2);
    expect(report.entries[0]).toMatchObject({ id: "done", attempt: 0, event: "start", pid: process.pid });
  });

  it("does not read an entry that is being written", async () => {
    await using ledger = await openLedger();
    ledger.record({ id: 1, attempt: 0, event: "start" });
    appendFileSync(ledger.path, '{"id": 1, "att');
    expect((await ledger.read()).entries).toHaveLength(1);
  });

  it("keeps every line whole when many processes write at once", async () => {
    await using ledger = await openLedger();
    const line = JSON.stringify({ id: "x".repeat(200), attempt: 0, event: "end", pid: 1, at: 1 });
    const script = `i=0; while [ $i -lt 500 ]; do echo '${line}' >> ${ledger.path}; i=$((i+1)); done`;
    const writers = Array.from(
      { length: 4 },
      () => new ChildProgram({ name: "writer", command: "sh", args: ["-c", script] }),
    );
    for (const writer of writers) expect((await writer.exited).code).toBe(0);
    expect((await ledger.read()).entries).toHaveLength(2000);
  });
});
