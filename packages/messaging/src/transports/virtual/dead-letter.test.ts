import { describe, expect, it } from "vitest";
import { textMessage } from "../../testing/workbench.ts";
import { deadLetter, deadLetterAddress, type Death } from "./dead-letter.ts";
import { expiryOf } from "./message-ttl.ts";

const death: Death = { queue: "q", reason: "rejected", exchange: "ex", routingKey: "key", atMs: 5500 };

describe("deadLetterAddress", () => {
  it("is the queue's dead-letter exchange, with its routing key or the message's own", () => {
    expect(deadLetterAddress({ "x-dead-letter-exchange": "dlx" }, "key")).toEqual({
      exchange: "dlx",
      routingKey: "key",
    });
    const named = { "x-dead-letter-exchange": "", "x-dead-letter-routing-key": "grave" };
    expect(deadLetterAddress(named, "key")).toEqual({ exchange: "", routingKey: "grave" });
  });

  it("is nowhere without one", () =>
    expect(deadLetterAddress({ "x-dead-letter-routing-key": "x" }, "key")).toBeUndefined());
});

describe("deadLetter", () => {
  it("writes the history as RabbitMQ does, the latest death first", () => {
    const once = deadLetter(textMessage("x", { headers: { id: 1 } }), death);
    const entry = {
      count: 1,
      reason: "rejected",
      queue: "q",
      exchange: "ex",
      "routing-keys": ["key"],
      time: 5,
    };
    expect(once.headers).toEqual({ id: 1, "x-death": [entry] });
    const elsewhere = deadLetter(once, { ...death, queue: "r" });
    const again = deadLetter(elsewhere, death);
    expect(again.headers["x-death"]).toEqual([
      { ...entry, count: 2 },
      { ...entry, queue: "r" },
    ]);
  });

  it("takes the expiration away, so that the message does not end again at once", () => {
    const dead = deadLetter(textMessage("x", { properties: { expiration: "10", priority: 1 } }), death);
    expect(dead.properties).toEqual({ priority: 1 });
    expect(dead.headers["x-death"]).toMatchObject([{ "original-expiration": "10" }]);
  });

  it("copes with a history that is none", () => {
    const dead = deadLetter(textMessage("x", { headers: { "x-death": [null, "odd", 3] } }), death);
    expect(dead.headers["x-death"]).toHaveLength(4);
  });
});

describe("expiryOf", () => {
  it("is the earlier of the message's and the queue's time", () => {
    expect(expiryOf({ expiration: "50" }, { "x-message-ttl": 200 }, 1000)).toBe(1050);
    expect(expiryOf({ expiration: "500" }, { "x-message-ttl": 200 }, 1000)).toBe(1200);
    expect(expiryOf({ expiration: "0" }, {}, 1000)).toBe(1000);
  });

  it("is never without either, or when they cannot be read", () => {
    expect(expiryOf({}, {}, 1000)).toBeUndefined();
    expect(expiryOf({ expiration: "soon" }, { "x-message-ttl": -1 }, 1000)).toBeUndefined();
  });
});
