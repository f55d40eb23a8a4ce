import { describe, expect, it } from "vitest";
import { AccessRefusedError, ChannelError, ConnectionError, QueueNotFoundError } from "../../errors.ts";
import { channelFailure, connectFailure } from "./amqp-errors.ts";

const coded = (code: unknown): Error => Object.assign(new Error("Channel closed by server"), { code });

describe("channelFailure", () => {
  it.each([
    [404, QueueNotFoundError],
    [403, AccessRefusedError],
    [405, ChannelError],
    [406, ChannelError],
  ])("tells reply code %i by its class", (code, expected) => {
    const cause = coded(code);
    const failure = channelFailure(cause, { what: "consuming", queue: "q" });
    expect(failure).toBeInstanceOf(expected);
    expect(failure.cause).toBe(cause);
  });

  it("blames the channel for a missing exchange", () => {
    expect(channelFailure(coded(404), { what: "publishing" })).toBeInstanceOf(ChannelError);
  });
});

describe("connectFailure", () => {
  it("keeps the driver's error as the cause of a failed connection", () => {
    const cause = coded("ECONNREFUSED");
    const failure = connectFailure(cause, "localhost:1");
    expect(failure).toBeInstanceOf(ConnectionError);
    expect(failure.cause).toBe(cause);
  });

  it.each([403, 530])("reports a handshake that ends with %i as refused access", (code) => {
    const error = new Error(`Handshake terminated by server: ${code} (SOMETHING) with message "x"`);
    expect(connectFailure(error, "localhost:1")).toBeInstanceOf(AccessRefusedError);
  });
});
