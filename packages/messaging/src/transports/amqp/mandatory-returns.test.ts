import { describe, expect, it } from "vitest";
import { MandatoryReturns } from "./mandatory-returns.ts";

const message = (correlationId: string) => ({
  body: Buffer.alloc(0),
  contentType: "text/plain",
  contentEncoding: "utf-8",
  headers: {},
  properties: { correlationId },
});

describe("MandatoryReturns", () => {
  it("marks the oldest message that looks like the returned one, each once", () => {
    const returns = new MandatoryReturns();
    const to = { exchange: "", routingKey: "gone" };
    const entries = ["a", "b", "b"].map((id) => returns.expect(message(id), to));
    const returned = { fields: to, properties: { correlationId: "b" } };
    returns.enter(returned);
    expect(entries.map(({ isReturned }) => isReturned)).toEqual([false, true, false]);
    returns.enter(returned);
    expect(entries.map(({ isReturned }) => isReturned)).toEqual([false, true, true]);
  });

  it("knows a confirmed message no more", () => {
    const returns = new MandatoryReturns();
    const to = { exchange: "", routingKey: "gone" };
    const entry = returns.expect(message("a"), to);
    returns.forget(entry);
    returns.enter({ fields: to, properties: { correlationId: "a" } });
    expect(entry.isReturned).toBe(false);
  });
});
