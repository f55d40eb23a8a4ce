import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { ResultMeta } from "./contracts.ts";
import {
  decodeMeta,
  decodeStored,
  encodeMeta,
  metaFromWire,
  metaToWire,
  openPayloadFormat,
} from "./result-payload.ts";
import { backendContext } from "./testing/index.ts";

/** JSON texts of metas as Celery's backends have stored or sent them. */
function recorded(): { readonly name: string; readonly text: string }[] {
  const redis = vectors("results_redis.json") as {
    cases: { name: string; backend_keys: Record<string, { value: string }> }[];
  };
  const others = vectors("backends.json") as { cases: Record<string, Record<string, string>> };
  const rpc = vectors("amqp.json") as { cases: { rpc_results: { body_text: string }[] } };
  const files = ["filesystem_plain", "filesystem_extended"].flatMap((name) =>
    Object.entries(others.cases[name] ?? {}).map(([key, text]) => ({ name: `${name} ${key}`, key, text })),
  );
  const keys = redis.cases.flatMap(({ name, backend_keys }) =>
    Object.entries(backend_keys).map(([key, { value }]) => ({ name, key, text: value })),
  );
  return [
    ...[...files, ...keys].filter(
      ({ key, text }) => key.includes("celery-task-meta-") && text.startsWith("{"),
    ),
    ...rpc.cases.rpc_results.map(({ body_text }, n) => ({ name: `rpc result ${n}`, text: body_text })),
  ];
}

function vectors(file: string): unknown {
  return JSON.parse(
    readFileSync(new URL(`../../../test-integration/vectors/${file}`, import.meta.url), "utf8"),
  );
}

const json = await openPayloadFormat(backendContext("memory://"));

const values = (body: Buffer): Record<string, unknown> =>
  json.codec.decode(body, json) as Record<string, unknown>;

describe("result payload", () => {
  it("has metas to look at", () => expect(recorded().length).toBeGreaterThan(55));

  it.each(recorded())("reads and writes what Celery wrote: $name", ({ text }) => {
    const meta = decodeMeta(Buffer.from(text), json);
    const wire = values(Buffer.from(text));
    expect(meta.taskId).toBe(wire["task_id"]);
    expect(meta.status).toBe(wire["status"]);
    const written = values(encodeMeta(meta, json));
    expect(Object.keys(written)[0]).toBe("status");
    expect(written).toEqual(wire);
  });

  it.each([
    undefined,
    null,
    5,
    "text",
    [],
    {},
    { status: "SUCCESS" },
    { task_id: "t" },
    { status: 1, task_id: "t" },
  ])("refuses %j, which is no meta", (wire) =>
    expect(() => metaFromWire(wire)).toThrow(expect.objectContaining({ code: "ERR_Q_DECODE" })),
  );

  it.each([
    ["nothing", null, { excType: "Exception", excModule: "builtins", excMessage: [null] }],
    ["a text", "boom", { excType: "Exception", excModule: "builtins", excMessage: ["boom"] }],
    [
      "an object without the fields",
      {},
      { excType: "Exception", excModule: "builtins", excMessage: [undefined] },
    ],
    [
      "a message that is one text",
      { exc_type: "E", exc_message: "boom", exc_module: "m" },
      { excType: "E", excModule: "m", excMessage: "boom" },
    ],
  ])("makes an error of %s in place of an error", (_what, result, error) => {
    expect(metaFromWire({ status: "FAILURE", result, task_id: "t" }).error).toEqual(error);
  });

  it("takes fields of the wrong type for absent", () => {
    const wire = {
      status: "SUCCESS",
      task_id: "t",
      result: 1,
      traceback: 5,
      children: "x",
      date_done: 7,
      group_id: {},
      name: 3,
      retries: "x",
    };
    expect(metaFromWire(wire)).toMatchObject({
      traceback: null,
      children: null,
      dateDone: null,
      groupId: undefined,
      extended: { name: null, retries: null, worker: null },
    });
  });

  it("writes a value of undefined as null, because readers look for the key", () => {
    const meta = {
      taskId: "t",
      status: "SUCCESS",
      result: undefined,
      traceback: null,
      children: null,
      dateDone: null,
    };
    expect(metaToWire(meta)).toMatchObject({ result: null });
  });

  it.each(["yaml", "msgpack"])("reads dates that %s made objects of", async (serializer) => {
    const format = await openPayloadFormat(backendContext("memory://", { serializer }));
    const meta: ResultMeta = {
      taskId: "t",
      status: "SUCCESS",
      result: 1,
      traceback: null,
      children: [],
      dateDone: "2030-01-02T03:04:05+00:00",
    };
    expect(new Date(decodeMeta(encodeMeta(meta, format), format).dateDone ?? "").getTime()).toBe(
      Date.UTC(2030, 0, 2, 3, 4, 5),
    );
  });

  it("names the task and the content when it cannot be read", () => {
    expect(() => decodeStored("t-7", Buffer.from("<html>"), json)).toThrow(/t-7.*<html>/s);
  });
});
