import { describe, expect, it } from "vitest";
import { InvalidTaskError } from "@q/core";
import { storeError } from "@q/core/internal";
import { QError } from "@q/kernel";
import type { TraceOutcome } from "../trace.ts";
import { decodeOutcome, encodeOutcome } from "./transferred-outcome.ts";

class OwnError extends Error {
  readonly args = [1, "two"];
}

/** As between processes. */
const across = (outcome: TraceOutcome): TraceOutcome =>
  decodeOutcome(structuredClone(encodeOutcome(outcome)));

describe("the outcome of a task, on its way to the worker", () => {
  it.each<TraceOutcome>([
    { status: "SUCCESS", runtimeSeconds: 0.5, result: "'x'" },
    { status: "SUCCESS", runtimeSeconds: 0, result: undefined },
    { status: "IGNORED" },
  ])("stays as it is: %j", (outcome) => {
    expect(across(outcome)).toEqual(outcome);
  });

  it("is a number when it is a success of which nobody wants the result", () => {
    expect(encodeOutcome({ status: "SUCCESS", runtimeSeconds: 0.5, result: undefined })).toBe(0.5);
  });

  it("keeps class name, message, stack, arguments and cause of an error", () => {
    const error = new OwnError("no", { cause: new TypeError("why") });
    const outcome = across({ status: "FAILURE", error, isExpected: true, runtimeSeconds: 2 });
    expect(outcome).toMatchObject({ status: "FAILURE", isExpected: true, runtimeSeconds: 2 });
    const { error: arrived } = outcome as unknown as { error: Error & { args: unknown } };
    expect(arrived).toMatchObject({ message: "no", stack: error.stack, args: [1, "two"] });
    expect(arrived.cause).toBeInstanceOf(TypeError);
    expect(storeError(arrived)).toMatchObject({ excType: "OwnError", excMessage: [1, "two"] });
  });

  it("keeps the code of an error of Q", () => {
    const outcome = across({ status: "INVALID", error: new InvalidTaskError("odd") });
    const { error } = outcome as { error: Error };
    expect([outcome.status, "code" in error && error.code]).toEqual(["INVALID", "ERR_Q_INVALID_TASK"]);
    expect(QError.is(error)).toBe(true);
  });

  it("keeps reasons and times of retries and rejections", () => {
    const when = new Date(5);
    expect(across({ status: "RETRY", reason: new RangeError("later"), when })).toEqual({
      status: "RETRY",
      reason: new RangeError("later"),
      when,
    });
    expect(across({ status: "REJECTED", requeue: true, reason: new Error("not me") })).toMatchObject({
      requeue: true,
    });
  });
});
