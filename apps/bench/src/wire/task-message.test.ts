import { expect, test } from "vitest";
import { decodeEnvelope, redisEnvelope } from "./task-message.ts";

// The headers that Celery 5.6 writes into every task message.
const headerNames = [
  "lang task id shadow eta expires group group_index retries timelimit root_id parent_id argsrepr kwargsrepr",
  "origin ignore_result replaced_task_nesting stamped_headers stamps",
].flatMap((line) => line.split(" "));

test("the envelope has every header of protocol 2 and every property of kombu", () => {
  const envelope = JSON.parse(redisEnvelope("q1", true, "id-1")) as Record<string, Record<string, unknown>>;
  expect(Object.keys(envelope["headers"] ?? {}).toSorted()).toEqual(headerNames.toSorted());
  expect(envelope["headers"]).toMatchObject({ id: "id-1", root_id: "id-1", ignore_result: true });
  expect(envelope["properties"]).toMatchObject({
    correlation_id: "id-1",
    delivery_mode: 2,
    delivery_info: { exchange: "", routing_key: "q1" },
    priority: 0,
    body_encoding: "base64",
    delivery_tag: "id-1",
  });
});

test("every message has a delivery tag of its own", () => {
  const tags = Array.from({ length: 3 }, () => decodeEnvelope(redisEnvelope("q1", true)).deliveryTag);
  expect(new Set(tags).size).toBe(3);
});

test("a decoded envelope gives back id and arguments", () => {
  expect(decodeEnvelope(redisEnvelope("q1", true, "id-1"))).toMatchObject({ id: "id-1", args: [2, 3] });
});
