import { describe, expect, it } from "vitest";
import { createApp } from "@q/core";
import { FakeClock, recordingLogger } from "@q/kernel/testing";
import { BodyCodec, type Delivery, MalformedMessageError, type WireMessage } from "@q/messaging";
import { createCompressionRegistry, createSerializerRegistry } from "@q/messaging";
import type { Desk } from "./desk.ts";
import { Intake } from "./intake.ts";
import type { WorkerRequest } from "./worker-request.ts";

const NOW = Date.parse("2030-01-01T00:00:00Z");

/** A desk that notes what is decided, behind an intake with one task, `t.add`. */
function door() {
  const clock = new FakeClock(NOW);
  const app = createApp("test", { broker: "memory://", clock });
  app.task("t.add", (x: number, y: number) => x + y);
  const decisions: unknown[] = [];
  const running = new Set<string>();
  const revoked = new Set<string>();
  const desk: Desk = {
    app,
    clock,
    hostname: "w@here",
    logger: recordingLogger(),
    isRevoked: ({ id }) => revoked.has(id),
    enqueue: ({ id }) => decisions.push(["enqueue", id]),
    schedule: ({ id }, dueMs) => decisions.push(["schedule", id, dueMs - NOW]),
    adopt: ({ id }) => running.has(id) && decisions.push(["adopt", id]) > 0,
    revoke: ({ id }, why) => decisions.push(["revoke", id, why.expired ? "expired" : "revoked"]),
    discard: (_delivery, error, fate) => decisions.push(["discard", (error as { code?: string }).code, fate]),
  };
  const codec = new BodyCodec({
    serializers: createSerializerRegistry(),
    compressions: createCompressionRegistry(),
    accept: ["json"],
  });
  const intake = new Intake(desk, {
    codec,
    onUnknown: (_delivery, message, error) =>
      decisions.push(["unknown", message.headers["id"], error.taskName]),
  });
  return { app, desk, decisions, intake, running, revoked };
}

function delivery(
  headers: Record<string, unknown>,
  parts: Partial<Delivery> = {},
  body: unknown = [[1, 2], {}, {}],
): Delivery {
  const message: WireMessage = {
    body: Buffer.from(JSON.stringify(body)),
    contentType: "application/json",
    contentEncoding: "utf-8",
    headers,
    properties: {},
  };
  return {
    message,
    queue: "celery",
    exchange: "",
    routingKey: "celery",
    redelivered: false,
    deliveryCount: undefined,
    tag: "1",
    malformed: undefined,
    ...parts,
  };
}

/** What is decided about a message with these headers. */
function decide(headers: Record<string, unknown>, parts: Partial<Delivery> = {}): unknown {
  const { decisions, intake } = door();
  intake.receive(delivery({ task: "t.add", id: "one", ...headers }, parts));
  expect(decisions).toHaveLength(1);
  return decisions[0];
}

describe("a message of protocol 2", () => {
  it("is queued for a slot", () => {
    expect(decide({})).toEqual(["enqueue", "one"]);
    expect(decide({ eta: null, expires: null })).toEqual(["enqueue", "one"]);
  });

  it("waits for its time, unless that has come", () => {
    expect(decide({ eta: "2030-01-01T00:00:10+00:00" })).toEqual(["schedule", "one", 10_000]);
    expect(decide({ eta: "2030-01-01T01:00:00+01:00" })).toEqual(["enqueue", "one"]);
    expect(decide({ eta: "2029-12-31T00:00:00" })).toEqual(["enqueue", "one"]);
  });

  it("keeps the envelope it was read from for its executor, but not while it waits for its time", () => {
    const { desk, intake } = door();
    const envelopes: unknown[] = [];
    const note = ({ envelope }: WorkerRequest): void => void envelopes.push(envelope);
    Object.assign(desk, { enqueue: note, schedule: note });
    for (const eta of [null, "2030-01-01T00:00:10+00:00"])
      intake.receive(delivery({ task: "t.add", id: "one", eta }, { envelope: "{}" }));
    expect(envelopes).toEqual(["{}", undefined]);
  });

  it("is revoked when it has expired, also before its time", () => {
    expect(decide({ expires: "2029-12-31T23:59:59+00:00" })).toEqual(["revoke", "one", "expired"]);
    expect(decide({ expires: "2029-12-31T23:59:59", eta: "2031-01-01" })).toEqual([
      "revoke",
      "one",
      "expired",
    ]);
    expect(decide({ expires: "2030-01-01T00:00:01" })).toEqual(["enqueue", "one"]);
  });

  it.each([[{ eta: "soon" }], [{ eta: 5 }], [{ expires: "" }], [{ expires: {} }]])(
    "with a time that is none is rejected: %j",
    (headers) => {
      expect(decide(headers)).toEqual(["discard", "ERR_Q_INVALID_TASK", "reject"]);
    },
  );

  it.each([[{ id: undefined }], [{ id: "" }], [{ id: 7 }], [{ id: null }]])(
    "without an id is rejected: %j",
    (headers) => {
      expect(decide(headers)).toEqual(["discard", "ERR_Q_INVALID_TASK", "reject"]);
    },
  );

  it("of an unknown task is told so", () => {
    expect(decide({ task: "t.nowhere" })).toEqual(["unknown", "one", "t.nowhere"]);
    expect(decide({ task: "constructor" })).toEqual(["unknown", "one", "constructor"]);
  });

  it("whose envelope could not be read is rejected", () => {
    const malformed = new MalformedMessageError("not an envelope");
    expect(decide({}, { malformed })).toEqual(["discard", malformed.code, "reject"]);
  });

  it("that was revoked never runs", () => {
    const { decisions, intake, revoked } = door();
    revoked.add("one");
    intake.receive(delivery({ task: "t.add", id: "one", eta: "2031-01-01" }));
    expect(decisions).toEqual([["revoke", "one", "revoked"]]);
  });

  it("delivered again while it runs is taken over by the run", () => {
    const { decisions, intake, running } = door();
    running.add("one");
    intake.receive(delivery({ task: "t.add", id: "one" }, { redelivered: true }));
    intake.receive(delivery({ task: "t.add", id: "one" }));
    intake.receive(delivery({ task: "t.add", id: "two" }, { redelivered: true }));
    expect(decisions).toEqual([
      ["adopt", "one"],
      ["enqueue", "one"],
      ["enqueue", "two"],
    ]);
  });

  it("of a task registered later is known from then on", () => {
    const { app, decisions, intake } = door();
    intake.receive(delivery({ task: "t.late", id: "one" }));
    app.task("t.late", () => 1);
    intake.receive(delivery({ task: "t.late", id: "two" }));
    expect(decisions).toEqual([
      ["unknown", "one", "t.late"],
      ["enqueue", "two"],
    ]);
  });
});

describe("a message of protocol 1", () => {
  /** Its body must be decoded first. */
  async function decideOld(body: unknown, parts: Partial<WireMessage> = {}): Promise<unknown> {
    const { decisions, intake } = door();
    const old = delivery({}, {}, body);
    intake.receive({ ...old, message: { ...old.message, ...parts } });
    for (let turns = 0; decisions.length === 0 && turns < 20; turns++)
      await new Promise((resolve) => setImmediate(resolve));
    return decisions[0];
  }

  it("runs, waits and expires like one of protocol 2", async () => {
    const body = { task: "t.add", id: "one", args: [1, 2], kwargs: {} };
    expect(await decideOld(body)).toEqual(["enqueue", "one"]);
    expect(await decideOld({ ...body, eta: "2030-01-01T00:00:10" })).toEqual(["schedule", "one", 10_000]);
    expect(await decideOld({ ...body, expires: "2029-01-01T00:00:00" })).toEqual([
      "revoke",
      "one",
      "expired",
    ]);
    expect(await decideOld({ ...body, task: "t.nowhere" })).toEqual(["unknown", "one", "t.nowhere"]);
  });

  it("is discarded when it names no task, or cannot be decoded", async () => {
    expect(await decideOld({ id: "one" })).toEqual(["discard", "ERR_Q_INVALID_TASK", "reject"]);
    expect(await decideOld([1, 2, 3])).toEqual(["discard", "ERR_Q_INVALID_TASK", "reject"]);
    expect(await decideOld({}, { body: Buffer.from("{") })).toEqual(["discard", "ERR_Q_DECODE", "ack"]);
    const refused = await decideOld(
      {},
      { contentType: "application/x-python-serialize", contentEncoding: "binary" },
    );
    expect(refused).toEqual(["discard", "ERR_Q_CONTENT_REFUSED", "ack"]);
  });
});
