import { QError } from "@q/kernel";
import { describe, expect, it } from "vitest";
import { NotTransferableError, SoftTimeLimitExceeded, TransferredError } from "../errors.ts";
import { decodeAsError, decodeError, encodeError } from "./encoded-error.ts";
import { decodeFrame, encodeFrame } from "./frame.ts";

const transfer = (thrown: unknown): unknown =>
  decodeError(decodeFrame(encodeFrame(encodeError(thrown))) as ReturnType<typeof encodeError>);

class Odd extends QError {
  readonly code = "ERR_Q_ODD";
  readonly kept = { bytes: Buffer.from("abc") };
  readonly left = (): void => {};
}

describe("an error between processes", () => {
  it("keeps its name, message, code, properties and stack, and leaves behind what cannot be cloned", () => {
    const original = new Odd("odd");
    const error = transfer(original) as Error & Record<string, unknown>;
    expect(error).toBeInstanceOf(TransferredError);
    expect([error.name, error.message, error["code"]]).toEqual(["Odd", "odd", "ERR_Q_ODD"]);
    expect(error["kept"]).toEqual({ bytes: Buffer.from("abc") });
    expect("left" in error).toBe(false);
    expect(error.stack).toBe(original.stack);
  });

  it("is of JavaScript's own class where it was", () => {
    const error = transfer(new TypeError("no", { cause: new RangeError("because") })) as Error;
    expect(error).toBeInstanceOf(TypeError);
    expect(error.cause).toBeInstanceOf(RangeError);
    expect((error.cause as Error).message).toBe("because");
  });

  it("brings along the errors of an AggregateError, those that hold each other without end included", () => {
    const aggregate = new AggregateError([new RangeError("first"), "second"], "both", { cause: 1 });
    aggregate.errors.push(aggregate);
    const error = transfer(aggregate) as AggregateError;
    expect(error).toBeInstanceOf(AggregateError);
    expect([error.message, error.cause]).toEqual(["both", 1]);
    expect(error.errors).toEqual([new RangeError("first"), "second", expect.any(AggregateError)]);
    expect(error.errors[0]).toBeInstanceOf(RangeError);
  });

  it("is of the pool's own class where it was", () => {
    const soft = transfer(new SoftTimeLimitExceeded(1500)) as SoftTimeLimitExceeded;
    expect(soft).toBeInstanceOf(SoftTimeLimitExceeded);
    expect([soft.limitMs, soft.args, QError.is(soft)]).toEqual([1500, [1.5], true]);
    expect(transfer(new NotTransferableError("no"))).toBeInstanceOf(NotTransferableError);
  });

  it.each([undefined, null, 0, "text", { plain: [1] }])("need not be an error: %j", (value) => {
    expect(transfer(value)).toEqual(value);
    expect(decodeAsError(encodeError(value))).toBeInstanceOf(Error);
  });

  it("survives causes without end, getters that throw, and things that cannot be cloned", () => {
    const endless = new Error("endless");
    endless.cause = endless;
    expect((transfer(endless) as Error).message).toBe("endless");
    const hostile = Object.defineProperty(new Error("hostile"), "trap", {
      enumerable: true,
      get: () => {
        throw new Error("from the getter");
      },
    });
    expect((transfer(hostile) as Error).message).toBe("hostile");
    expect((transfer(() => {}) as Error).message).toMatch(/cannot leave its executor/);
  });

  it("cannot bring a prototype along", () => {
    const polluting = Object.assign(new Error("x"), JSON.parse('{"__proto__x": 1}') as object);
    Object.defineProperty(polluting, "__proto__", { value: { polluted: true }, enumerable: true });
    const error = transfer(polluting);
    expect((error as { polluted?: boolean }).polluted).toBeUndefined();
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });
});
