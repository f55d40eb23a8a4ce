import { SoftTimeLimitExceeded, Terminated, TimeLimitExceeded, WorkerLostError } from "@q/kernel";
import { describe, expect, it } from "vitest";
import {
  InvalidCanvasError,
  MaxRetriesExceededError,
  NotRegisteredError,
  RemoteTaskError,
  TaskArgumentsError,
} from "../errors.ts";
import { Ignore, Reject, Retry } from "../tasks/steering.ts";
import { ErrorReviver, storeError } from "./stored-error.ts";

class QuotaError extends Error {
  readonly args: readonly unknown[];

  constructor(user: string, limit: number) {
    super(`${user} is over ${limit}`);
    this.args = [user, limit];
  }
}

describe("an error on its way to the result store", () => {
  it.each([
    [new QuotaError("ada", 3), "QuotaError", "js", ["ada", 3]],
    [new TypeError("no"), "TypeError", "builtins", ["no"]],
    [new RangeError("no"), "RangeError", "js", ["no"]],
    ["just text", "Error", "js", ["just text"]],
    [new TaskArgumentsError("f() takes 2"), "TypeError", "builtins", ["f() takes 2"]],
    [new NotRegisteredError("t.gone"), "NotRegistered", "celery.exceptions", ["t.gone"]],
    [new MaxRetriesExceededError("m"), "MaxRetriesExceededError", "celery.exceptions", ["m"]],
    [new InvalidCanvasError("c"), "ImproperlyConfigured", "celery.exceptions", ["c"]],
    [new Ignore("i"), "Ignore", "celery.exceptions", ["i"]],
    [new Reject("bad", { requeue: true }), "Reject", "celery.exceptions", ["bad", true]],
  ])("keeps the class, its module and the arguments of %s", (error, ...stored) => {
    const { excType, excModule, excMessage } = storeError(error);
    expect([excType, excModule, excMessage]).toEqual(stored);
  });

  it("that came from another worker goes on unchanged", () => {
    const remote = { excType: "ValueError", excModule: "builtins", args: ["boom", 42], traceback: "…" };
    expect(storeError(new RemoteTaskError("ValueError: boom, 42", remote))).toEqual({
      excType: "ValueError",
      excModule: "builtins",
      excMessage: ["boom", 42],
    });
  });

  it("says with a retry what caused it", () => {
    const cause = new Error("busy");
    const retry = new Retry({ exc: cause, when: new Date(0), delaySeconds: 3, overrides: {} });
    expect(storeError(retry)).toEqual({
      excType: "Retry",
      excModule: "celery.exceptions",
      excMessage: ['Retry in 3s: Error("busy")', "Error: busy"],
    });
  });
});

describe("an error read from the result store", () => {
  const reviver = new ErrorReviver([QuotaError]);

  it("is an instance of the app's own class, made from its arguments", () => {
    const revived = reviver.revive(storeError(new QuotaError("ada", 3)));
    expect(revived).toBeInstanceOf(QuotaError);
    expect(revived.message).toBe("ada is over 3");
  });

  it("keeps type, module, arguments and traceback of any other class", () => {
    const stored = { excType: "ValueError", excModule: "builtins", excMessage: ["boom", 42] };
    const revived = reviver.revive(stored, "Traceback …") as RemoteTaskError;
    expect(revived).toBeInstanceOf(RemoteTaskError);
    expect(revived).toMatchObject({
      excType: "ValueError",
      excModule: "builtins",
      args: ["boom", 42],
      traceback: "Traceback …",
    });
    expect(revived.message).toBe("ValueError: boom, 42");
  });

  it("may have one text instead of arguments, as older peers store it", () => {
    const revived = reviver.revive({
      excType: "KeyError",
      excModule: "builtins",
      excMessage: "k",
    }) as RemoteTaskError;
    expect(revived.args).toEqual(["k"]);
  });

  it.each([
    ["TaskRevokedError", "ERR_Q_TASK_REVOKED"],
    ["NotRegistered", "ERR_Q_NOT_REGISTERED"],
    ["MaxRetriesExceededError", "ERR_Q_MAX_RETRIES"],
    ["Ignore", "ERR_Q_IGNORE"],
  ])("is ours where Celery's own is %s", (excType, code) => {
    expect(reviver.revive({ excType, excModule: "celery.exceptions", excMessage: ["m"] })).toMatchObject({
      code,
    });
    expect(reviver.revive({ excType, excModule: "elsewhere", excMessage: ["m"] })).toMatchObject({
      code: "ERR_Q_REMOTE_TASK",
    });
  });

  it.each([
    [new SoftTimeLimitExceeded(500), "SoftTimeLimitExceeded", [0.5]],
    [new TimeLimitExceeded(2000), "TimeLimitExceeded", [2]],
    [new WorkerLostError("exit 9"), "WorkerLostError", ["exit 9"]],
    [new Terminated("SIGTERM"), "Terminated", ["SIGTERM"]],
  ])("is %s again, and billiard's class of that name for Python", (error, excType, excMessage) => {
    const stored = storeError(error);
    expect(stored).toEqual({ excType, excModule: "billiard.exceptions", excMessage });
    const revived = reviver.revive(stored);
    expect(revived).toBeInstanceOf(error.constructor);
    expect(revived).toMatchObject({ message: error.message, code: error.code });
  });

  it("is a soft limit of Python's, which does not say how long it was", () => {
    const stored = { excType: "SoftTimeLimitExceeded", excModule: "billiard.exceptions", excMessage: [] };
    expect(reviver.revive(stored)).toMatchObject({ code: "ERR_Q_SOFT_TIME_LIMIT", limitMs: undefined });
  });

  it("falls back to the general form when the app's class refuses the arguments", () => {
    class Picky extends Error {
      constructor(options: { readonly text: string }) {
        super(options.text.trim());
      }
    }
    const revived = new ErrorReviver([Picky]).revive({ excType: "Picky", excModule: "js", excMessage: [] });
    expect(revived).toBeInstanceOf(RemoteTaskError);
  });

  it("may carry numbers that JSON cannot write", () => {
    const stored = { excType: "ValueError", excModule: "builtins", excMessage: [10n ** 20n, null] };
    expect(reviver.revive(stored).message).toBe("ValueError: 100000000000000000000, null");
  });
});
