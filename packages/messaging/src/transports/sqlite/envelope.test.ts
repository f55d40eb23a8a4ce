import { describe, expect, it } from "vitest";
import { textMessage } from "../../testing/workbench.ts";
import { readEnvelope, writeEnvelope } from "./envelope.ts";

const to = { exchange: "ex", routingKey: "key" };

describe("envelope", () => {
  it("gives back what was written", () => {
    const message = textMessage("body", {
      headers: { a: [1, null, { b: "ü" }] },
      properties: { priority: 3 },
    });
    expect(readEnvelope(writeEnvelope(message, to), message.body)).toEqual({
      ...to,
      message,
      malformed: undefined,
    });
  });

  it("refuses headers that JSON cannot hold, as not sent", () => {
    expect(() => writeEnvelope(textMessage("x", { headers: { big: 1n } }), to)).toThrow(
      expect.objectContaining({ code: "ERR_Q_PUBLISH", sent: "no" }),
    );
  });

  it.each([
    ["text that is no JSON", "}{", Buffer.from("x")],
    ["JSON that is no object", "[]", Buffer.from("x")],
    [
      "an object without headers",
      '{"exchange":"","routingKey":"","contentType":"","contentEncoding":""}',
      Buffer.from("x"),
    ],
    ["nothing", null, Buffer.from("x")],
    ["a body that is text", writeEnvelope(textMessage("x"), to), "x"],
  ])("reads %s as malformed with the raw body", (_, envelope, body) => {
    const { message, malformed } = readEnvelope(envelope, body);
    expect(malformed).toMatchObject({ code: "ERR_Q_MALFORMED_MESSAGE" });
    expect(message).toMatchObject({ body: Buffer.from("x"), headers: {}, properties: {} });
  });

  it("leaves Object.prototype alone", () => {
    const hostile =
      '{"exchange":"","routingKey":"","contentType":"","contentEncoding":"","headers":{"__proto__":{"x":1}},"properties":{}}';
    const { message } = readEnvelope(hostile, Buffer.alloc(0));
    expect(Object.keys(message.headers)).toEqual(["__proto__"]);
    expect(({} as Record<string, unknown>)["x"]).toBeUndefined();
  });
});
