import { describe, expect, it } from "vitest";
import { loadDriver } from "./driver.ts";
import { asError, ImproperlyConfiguredError, MissingDriverError, QError, TimeoutError } from "./errors.ts";
import { didYouMean, nearestName } from "./nearest.ts";

describe("QError", () => {
  it("is recognised by its brand, not by its class", () => {
    expect(QError.is(new TimeoutError("late"))).toBe(true);
    expect(QError.is(new Error("late"))).toBe(false);
    expect(QError.is(undefined)).toBe(false);
    const fromAnotherCopy = Object.assign(new Error("x"), { [Symbol.for("@q/kernel/QError")]: true });
    expect(QError.is(fromAnotherCopy)).toBe(true);
  });

  it("carries its code, its class name and its cause", () => {
    const cause = new Error("below");
    const error = new ImproperlyConfiguredError("above", { cause });
    expect(error).toMatchObject({
      code: "ERR_Q_IMPROPERLY_CONFIGURED",
      name: "ImproperlyConfiguredError",
      cause,
    });
    expect(Object.keys(error)).not.toContain("name");
  });
});

describe("asError", () => {
  it("keeps errors and wraps everything else", () => {
    const error = new Error("as it is");
    expect(asError(error)).toBe(error);
    expect(asError("text").message).toBe("text");
    expect(asError({ message: "shaped", code: 5 })).toMatchObject({ message: "shaped", cause: { code: 5 } });
    expect(asError(undefined).message).toContain("undefined");
  });
});

describe("loadDriver", () => {
  it("names the package and the command when it is not installed", async () => {
    const load = (): Promise<unknown> => import("@q/not-installed-anywhere" as string);
    const failed = loadDriver("@q/not-installed-anywhere", "the test", load);
    await expect(failed).rejects.toBeInstanceOf(MissingDriverError);
    await expect(failed).rejects.toThrow("npm install @q/not-installed-anywhere");
  });

  it("lets other errors of a driver through", async () => {
    const load = (): Promise<unknown> => Promise.reject(new Error("broken driver"));
    await expect(loadDriver("x", "the test", load)).rejects.toThrow("broken driver");
  });
});

describe("nearestName", () => {
  it("finds a slip of the pen and nothing far away", () => {
    expect(nearestName("task_serialiser", ["task_serializer", "timezone"])).toBe("task_serializer");
    expect(nearestName("zzz", ["task_serializer", "timezone"])).toBeUndefined();
    expect(didYouMean("wrker", ["worker", "call"])).toBe(' Did you mean "worker"?');
    expect(didYouMean("qqqqqqqq", ["worker"])).toBe("");
  });
});
