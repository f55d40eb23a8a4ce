import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import {
  eventGroup,
  eventHead,
  eventJson,
  eventTail,
  fieldsJson,
  eventRoutingKey,
  readEvents,
  utcOffsetHours,
} from "../protocol/event-message.ts";

interface RecordedEvent {
  readonly type: string;
  readonly hostname: string;
  readonly utcoffset: number;
  readonly pid: number;
  readonly clock: number;
  readonly timestamp: number;
}
const file = new URL("../../../../test-integration/vectors/events_redis.json", import.meta.url);
const recorded = JSON.parse(readFileSync(file, "utf8")) as {
  readonly by_type: Readonly<Record<string, readonly RecordedEvent[]>>;
  readonly cases: readonly { readonly channel: string; readonly data: string; readonly body: unknown }[];
};

describe("events that Celery sent", () => {
  it.each(Object.values(recorded.by_type).flat())("are made again field by field: $type", (event) => {
    const { type, hostname, utcoffset, pid, clock, timestamp, ...fields } = event;
    const head = eventHead({ hostname, utcoffset, pid });
    const tail = eventTail(type, timestamp);
    expect(eventJson({ head, tail }, clock, fieldsJson(fields))).toBe(JSON.stringify(event));
  });

  it.each(recorded.cases.map((one) => [one.channel, one] as const))("are read from %s", (channel, one) => {
    const [, routingKey] = /^\/7\.celeryev\/(.*)$/.exec(channel) ?? [];
    const envelope = JSON.parse(one.data) as { body: string; properties: { delivery_mode: number } };
    const body: unknown = JSON.parse(Buffer.from(envelope.body, "base64").toString());
    const events = readEvents(body);
    expect(envelope.properties.delivery_mode).toBe(1);
    expect(events).toEqual(Array.isArray(one.body) ? one.body : [one.body]);
    const type = events[0]?.type ?? "";
    expect(routingKey).toBe(Array.isArray(one.body) ? `${eventGroup(type)}.multi` : eventRoutingKey(type));
  });
});

describe("an event message", () => {
  it("needs no fields of its own, and has none that JSON does not know", () => {
    const head = eventHead({ hostname: 'a"b', utcoffset: 5, pid: 1 });
    expect(JSON.parse(eventJson({ head, tail: eventTail('x-"y', 7.5) }, null, fieldsJson({})))).toEqual({
      hostname: 'a"b',
      utcoffset: 5,
      pid: 1,
      clock: null,
      timestamp: 7.5,
      type: 'x-"y',
    });
    expect(() => fieldsJson({ big: 1n })).toThrow(TypeError);
  });

  it("is told from what is none", () => {
    expect(readEvents([null, 1, "x", {}, { type: 5 }, { type: "task-sent" }])).toEqual([
      { type: "task-sent" },
    ]);
  });

  it("counts whole hours west of UTC", () => {
    const at = (minutes: number): Date => ({ getTimezoneOffset: () => minutes }) as unknown as Date;
    expect([300, 0, -60, -330].map((minutes) => utcOffsetHours(at(minutes)))).toEqual([5, 0, -1, -6]);
  });
});
