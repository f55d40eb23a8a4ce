import { describe, expect, it } from "vitest";
import { createApp, type TaskOptions } from "@q/core";
import type { Settlement } from "@q/messaging";
import { settlementOf } from "./acknowledgement.ts";

type End = Parameters<typeof settlementOf>[0];

const error = new Error("x");
const ends: Readonly<Record<string, End>> = {
  success: { status: "SUCCESS", runtimeSeconds: 0, result: undefined },
  retry: { status: "RETRY", reason: error, when: new Date(0) },
  ignored: { status: "IGNORED" },
  failure: { status: "FAILURE", error, isExpected: false, runtimeSeconds: 0 },
  rejected: { status: "REJECTED", requeue: false, reason: error },
  "rejected with requeue": { status: "REJECTED", requeue: true, reason: error },
  undecodable: { status: "UNDECODABLE", error },
  invalid: { status: "INVALID", error },
  "timed out": { status: "timed out", limitMs: 1, orphaned: true },
  lost: { status: "lost", reason: error },
};

/** Settlements that no option changes. */
const fixed: Readonly<Record<string, Settlement>> = {
  success: "ack",
  retry: "ack",
  ignored: "ack",
  rejected: "reject",
  "rejected with requeue": "requeue",
  undecodable: "ack",
  invalid: "reject",
};

function settlement(end: string, options: Partial<TaskOptions<[]>> = {}): Settlement {
  const task = createApp("test", { broker: "memory://" }).task({ name: "t.x", ...options }, () => 1);
  return settlementOf(ends[end] as End, task.resolved);
}

describe("the settlement of a message whose task has ended", () => {
  const policies: Partial<TaskOptions<[]>>[] = [true, false].flatMap((acksOnFailure) =>
    [true, false].flatMap((acksOnTimeout) =>
      [true, false].map((rejectOnWorkerLost) => ({ acksOnFailure, acksOnTimeout, rejectOnWorkerLost })),
    ),
  );

  it.each(policies)("follows every policy: %j", (options) => {
    for (const [end, how] of Object.entries(fixed))
      expect([end, settlement(end, options)]).toEqual([end, how]);
    expect(settlement("failure", options)).toBe(options.acksOnFailure ? "ack" : "reject");
    expect(settlement("timed out", options)).toBe(options.acksOnTimeout ? "ack" : "requeue");
    expect(settlement("lost", options)).toBe(options.rejectOnWorkerLost ? "requeue" : "ack");
  });

  it("acknowledges everything by default", () => {
    expect(["failure", "timed out", "lost"].map((end) => settlement(end))).toEqual(["ack", "ack", "ack"]);
  });

  it("follows the older option for failures and timeouts where the newer ones are silent", () => {
    const older = { acksOnFailureOrTimeout: false };
    expect(["failure", "timed out"].map((end) => settlement(end, older))).toEqual(["reject", "requeue"]);
    expect(settlement("failure", { ...older, acksOnFailure: true })).toBe("ack");
    expect(settlement("timed out", { ...older, acksOnTimeout: null })).toBe("requeue");
  });
});
