import { readFileSync } from "node:fs";
import { FakeClock } from "@q/kernel/testing";
import {
  type Address,
  type Channel,
  createTransportRegistry,
  Decimal,
  Exchange,
  PlainDate,
  Queue,
  type Transport,
  Uuid,
  type WireMessage,
} from "@q/messaging";
import { describe, expect, it } from "vitest";
import type { App } from "../app/app.ts";
import type { AppOptions } from "../app/app-options.ts";
import { createApp } from "../app/create-app.ts";
import { parseIsoTime } from "./iso-time.ts";

/** One recorded call of a Python producer, with the Redis keys that it filled. */
interface Recorded {
  readonly name: string;
  readonly redis: Readonly<Record<string, readonly string[] | { readonly set: readonly string[] }>>;
}

/** A list entry of kombu. */
interface Envelope {
  readonly body: string;
  readonly "content-type": string;
  readonly "content-encoding": string;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly properties: Readonly<Record<string, unknown>> & {
    readonly delivery_info: Readonly<Record<string, string>>;
  };
}

type Sent = { readonly message: WireMessage; readonly to: Address };

const file = new URL("../../../../test-integration/vectors/messages_redis.json", import.meta.url);
const { cases } = JSON.parse(readFileSync(file, "utf8")) as { cases: readonly Recorded[] };

const nowMs = Date.UTC(2026, 10, 20, 23, 0, 0);
const soon = (seconds: number): Date => new Date(nowMs + seconds * 1000);

/** The same call in our API, and what has to be known to compare it. */
interface OurCall {
  readonly send: (app: App) => Promise<unknown>;
  readonly options?: AppOptions;
  /** Times that Python counted from its own clock; here they count from ours. */
  readonly eta?: Date;
  readonly expires?: Date;
  /** Headers that differ because JavaScript has one type of number, or one spelling of it. */
  readonly except?: readonly string[];
}

const add =
  (options?: Parameters<App["sendTask"]>[2]) =>
  (app: App): Promise<unknown> =>
    app.sendTask("t.add", [1, 2], options);
const ident =
  (...args: unknown[]) =>
  (app: App): Promise<unknown> =>
    app.sendTask("t.ident", args);
const text = "compress me ".repeat(20);
const mixed = [1, "two", [3.5, null, true], { k: "\u00e9" }];

const calls: Readonly<Record<string, OurCall>> = {
  plain: { send: (app) => app.sendTask("t.add", [2, 3]) },
  no_args: { send: (app) => app.sendTask("t.noop") },
  kwargs: {
    send: (app) => {
      const kwargs = { three: 3, four: [4, { five: 5 }], none: null, t: true, f: false };
      return app.sendTask("t.ident", [1, "two"], { kwargs });
    },
  },
  unicode: {
    send: (app) =>
      app.sendTask("t.ident", ["\u00fcn\u00ef", "\u65e5\u672c", "\u{1f600}"], {
        kwargs: { "k\u00e9y": "v\u00e4l" },
      }),
  },
  quotes: { send: ident("it's", 'say "hi"', "back\\slash", "new\nline\ttab\x00nul") },
  surrogate: { send: ident("\ud800") },
  ints: {
    send: ident(0, -1, 2 ** 31, 2n ** 53n, 2n ** 53n + 1n, 2n ** 63n, -(2n ** 63n), 2n ** 64n, 10n ** 40n),
    except: ["argsrepr"],
  },
  inf_nan: { send: ident(Infinity, -Infinity, NaN) },
  decimal_uuid_bytes: {
    send: ident(
      new Decimal("1.10"),
      new Decimal("NaN"),
      new Decimal("1E+5"),
      new Uuid("12345678-1234-5678-1234-567812345678"),
      Buffer.from("abc"),
      Buffer.from([255, 0]),
      [1, 2],
    ),
    except: ["argsrepr"],
  },
  long_args: {
    send: ident(
      "x".repeat(3000),
      Array.from({ length: 500 }, (_, index) => index),
    ),
  },
  deep_args: { send: ident([[[[[[1]]]]]], { a: { b: { c: { d: 1 } } } }) },
  eta: { send: add({ eta: new Date("2030-01-02T03:04:05.600Z") }) },
  eta_naive: { send: add({ eta: "2030-01-02T03:04:05" }) },
  eta_offset: { send: add({ eta: "2030-01-02T03:04:05-03:00" }) },
  countdown: { send: add({ countdown: 100 }), eta: soon(100) },
  countdown_zero: { send: add({ countdown: 0 }) },
  countdown_float: { send: add({ countdown: 1.5 }), eta: soon(1.5) },
  expires_number: { send: add({ expires: 120 }), expires: soon(120) },
  expires_float: { send: add({ expires: 1.2345 }), expires: soon(1.234) },
  expires_datetime: { send: add({ expires: new Date("2030-01-02T03:04:05Z") }) },
  expires_past: { send: add({ expires: -5 }), expires: soon(-5) },
  ...Object.fromEntries(
    [0, 1, 2, 3, 4, 5, 6, 8, 9, 10, 255, -1].map((priority) => [
      `priority_${priority}`,
      { send: add({ priority }) },
    ]),
  ),
  task_id: { send: add({ taskId: "my-own-id" }) },
  shadow: { send: add({ shadow: "other.name" }) },
  time_limits: { send: add({ timeLimit: 30, softTimeLimit: 20 }) },
  ignore_result: { send: add({ ignoreResult: true }) },
  headers: { send: add({ headers: { "x-custom": "v", n: 1, nested: { a: [1] } } }) },
  argsrepr: { send: add({ argsrepr: "(<hidden>)", kwargsrepr: "{}" }) },
  reply_to: { send: add({ replyTo: "somewhere" }) },
  correlation_like_props: {
    send: add({ properties: { messageId: "mid", appId: "app", userId: "guest", timestamp: 1, type: "x" } }),
  },
  task_defaults: {
    send: (app) => {
      const limits = { timeLimit: 30, softTimeLimit: 20 };
      const boring = {
        name: "t.boring",
        rateLimit: "10/m",
        priority: 5,
        expires: 3600,
        serializer: "json",
        ...limits,
      };
      return app.task({ ...boring, acksLate: true }, (x: number) => x).delay(1);
    },
    expires: soon(3600),
  },
  send_task: { send: (app) => app.sendTask("unknown.task", [1], { kwargs: { a: 2 }, queue: "q2" }) },
  queue: { send: add({ queue: "other" }) },
  queue_priority: { send: add({ queue: "other", priority: 7 }) },
  link: { send: (app) => add({ link: app.signature("t.mul", [10]) })(app) },
  link_many: {
    send: (app) =>
      add({
        link: [
          app.signature("t.mul", [10]),
          app.signature("t.noop", [], { immutable: true }),
          app.signature("t.ident", [1], { kwargs: { a: 2 } }),
        ],
      })(app),
  },
  link_error: { send: (app) => add({ linkError: app.signature("t.on_err") })(app) },
  link_both: {
    send: (app) =>
      add({
        link: app.signature("t.mul", [10]).set({ queue: "lq", countdown: 5 }),
        linkError: [app.signature("t.on_err"), app.signature("t.on_err_new").set({ priority: 3 })],
      })(app),
  },
  signature_immutable: { send: (app) => app.send(app.signature("t.mul", [3, 4], { immutable: true })) },
  signature_partial: { send: (app) => app.send(app.signature("t.mul", [3]), [4]) },
  signature_options: {
    send: (app) => {
      const options = { queue: "sq", priority: 6, expires: 10, taskId: "sigid", shadow: "sh" };
      return app.send(app.signature("t.add", [1, 2]).set(options));
    },
    expires: soon(10),
  },
  stamped: { send: add({ stampedHeaders: ["stamp", "other"], stamps: { stamp: "value", other: [1, 2] } }) },
  celery_builtin_messages: { send: (app) => app.sendTask("celery.backend_cleanup") },
  ...Object.fromEntries(
    ["gzip", "zlib", "bzip2", "bzip", "lzma", "xz", "brotli"].map((compression) => [
      `compression_${compression}`,
      { send: (app: App) => app.sendTask("t.ident", [text, 1], { compression }) },
    ]),
  ),
  ...Object.fromEntries(
    ["json", "yaml", "msgpack"].map((serializer) => [
      `serializer_${serializer}`,
      { send: (app: App) => app.sendTask("t.ident", mixed, { kwargs: { kw: 2 }, serializer }) },
    ]),
  ),
  serializer_yaml_gzip: {
    send: (app) => app.sendTask("t.ident", [1], { serializer: "yaml", compression: "gzip" }),
  },
  serializer_msgpack_big: {
    send: (app) => {
      const args = [2n ** 63n, -(2n ** 63n), 1.5, Buffer.from([255, 0]), "x".repeat(40)];
      return app.sendTask("t.ident", args, { serializer: "msgpack" });
    },
    except: ["argsrepr"],
  },
  serializer_yaml_dates: {
    send: (app) => {
      const args = [new Date("2026-01-02T03:04:05Z"), new PlainDate(2026, 1, 2), "yes", "1e3", "0o7", "null"];
      return app.sendTask("t.ident", args, { serializer: "yaml" });
    },
    except: ["argsrepr"],
  },
  app_tz_berlin_countdown: {
    send: add({ countdown: 3600, expires: 7200 }),
    options: { timezone: "Europe/Berlin" },
    eta: soon(3600),
    expires: soon(7200),
  },
  app_tz_berlin_eta_naive: { send: add({ eta: "2030-07-01T12:00" }), options: { timezone: "Europe/Berlin" } },
  app_tz_local_noutc_countdown: {
    send: add({ countdown: 3600, expires: 7200 }),
    options: { timezone: "America/New_York", enableUtc: false },
    eta: soon(3600),
    expires: soon(7200),
  },
  app_topic_default: { send: add(), options: topics() },
  app_routes: {
    send: async (app) => {
      await app.sendTask("t.add", [1, 2]);
      await app.sendTask("t.mul", [1, 2]);
      await app.sendTask("t.noop");
    },
    options: { taskRoutes: { "t.add": { queue: "routed", priority: 2 }, "t.m*": "globbed" } },
  },
  app_default_priority: { send: add(), options: { taskDefaultPriority: 4, taskDefaultDeliveryMode: 1 } },
};

/** Cases that are not for this test, and why. */
const elsewhere: Readonly<Record<string, RegExp>> = {
  "belongs to canvas":
    /^(chain|group|chord)_|^(xmap|xstarmap|chunks|chunks_delay|map_in_chain|chunks_group_skew)$/,
  "is protocol 1, which is read and not written": /^protocol1_/,
  "has no counterpart in JavaScript: float and integer, microseconds, keys that are no text":
    /^(floats|datetimes|int_keys|timedelta_refused|set_refused)$/,
  "was recorded as an error of that machine": /^compression_zst/,
  "is refused here": /^(serializer_pickle|type_value_lookalike)$/,
  "has a test of its own": /^exchange_rk$/,
  "is a matter of the transport":
    /^app_(priority_steps_10_sep_colon|global_keyprefix|topic_exchange|rpc_backend)$/,
  "means another time here: without an offset it is UTC": /^app_tz_local_noutc_eta_naive$/,
};

function topics(): AppOptions {
  const tx = new Exchange("tx", { type: "topic" });
  const taskQueues = [
    new Queue("tq", { exchange: tx, routingKey: "a.*.#.z" }),
    new Queue("dq", { exchange: new Exchange("dx"), routingKey: "drk" }),
  ];
  return { taskQueues, taskDefaultQueue: "dq" };
}

/** A broker that takes messages and keeps them for the test. */
function recordingTransport(sent: Sent[]): Transport {
  const channel = {
    declare: async () => {},
    publish: async (message: WireMessage, { exchange, routingKey }: Address) =>
      void sent.push({ message, to: { exchange, routingKey } }),
    flush: async () => {},
    [Symbol.asyncDispose]: async () => {},
  } as unknown as Channel;
  const connection = {
    openChannel: async () => channel,
    lost: new Promise<never>(() => {}),
    [Symbol.asyncDispose]: async () => {},
  };
  const capabilities = { priorities: "low-first", confirms: true } as unknown as Transport["capabilities"];
  return { name: "recording", capabilities, connect: async () => connection };
}

/** What our call publishes, with the codec that reads it. */
async function publish(
  call: OurCall,
): Promise<{ sent: Sent[]; read: (message: WireMessage) => Promise<unknown> }> {
  const sent: Sent[] = [];
  const transports = createTransportRegistry().register("recording", () => recordingTransport(sent));
  const acceptContent = ["json", "yaml", "msgpack"];
  const clock = new FakeClock(nowMs);
  await using app = createApp("wire", {
    broker: "recording://",
    transports,
    acceptContent,
    clock,
    ...call.options,
  });
  await call.send(app);
  const codec = await app.codec();
  const read = (message: WireMessage): Promise<unknown> =>
    codec.decodeAsync(message.body, {
      contentType: message.contentType,
      contentEncoding: message.contentEncoding,
      compression: message.headers["compression"] as string | undefined,
    });
  return { sent, read };
}

function entriesOf({ redis }: Recorded): Envelope[] {
  const lists = Object.values(redis).filter((value): value is readonly string[] => Array.isArray(value));
  return lists.flat().map((entry) => JSON.parse(entry) as Envelope);
}

const camelCase = (name: string): string =>
  name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());

/** A recorded envelope as a message of ours and its address; what the transport adds is left out. */
function fromEnvelope(envelope: Envelope): Sent {
  const {
    delivery_info: info,
    delivery_tag: _tag,
    body_encoding: _encoding,
    ...properties
  } = envelope.properties;
  const message: WireMessage = {
    body: Buffer.from(envelope.body, "base64"),
    contentType: envelope["content-type"],
    contentEncoding: envelope["content-encoding"],
    headers: envelope.headers,
    properties: Object.fromEntries(
      Object.entries(properties).map(([name, value]) => [camelCase(name), value]),
    ),
  };
  return { message, to: { exchange: info["exchange"] ?? "", routingKey: info["routing_key"] ?? "" } };
}

const byTask = (one: Sent, other: Sent): number =>
  String(one.message.headers["task"]).localeCompare(String(other.message.headers["task"]));

const generated = /^[0-9a-f]{8}-[0-9a-f-]{27}$/;
const offset = (time: unknown): string => /([+-]\d\d:\d\d)$/.exec(String(time))?.[1] ?? "none";

/** Everything that must be equal: ids by their relation, times as instants, the rest as it is. */
function comparable({ message, to }: Sent, call: OurCall, ours: boolean): unknown {
  const { headers, properties } = message;
  const id = headers["id"];
  const name = (value: unknown): unknown =>
    typeof value === "string" && generated.test(value) ? (value === id ? "the id" : "generated") : value;
  const time = (header: "eta" | "expires"): unknown => {
    const value = headers[header];
    const counted = call[header];
    if (typeof value !== "string") return value;
    if (counted === undefined) return parseIsoTime(value)?.getTime();
    const instant = ours ? parseIsoTime(value)?.getTime() : counted.getTime();
    return { instant, offset: offset(value) };
  };
  const { lang: _lang, origin: _origin, ...rest } = headers;
  const kept = Object.entries(rest).filter(([header]) => !call.except?.includes(header));
  return {
    to,
    contentType: message.contentType,
    contentEncoding: message.contentEncoding,
    headers: {
      ...Object.fromEntries(kept.map(([header, value]) => [header, name(value)])),
      eta: time("eta"),
      expires: time("expires"),
    },
    properties: Object.fromEntries(
      Object.entries(properties)
        .filter(([property]) => property !== "expiration" || call.expires !== undefined)
        // Python hands these options on to the publisher as well, which no reader looks at.
        .filter(([property]) => property !== "argsrepr" && property !== "kwargsrepr")
        .map(([property, value]) => [property, name(value)]),
    ),
  };
}

describe("a task message has the headers, properties, address and body of Python's", () => {
  it.each(Object.entries(calls))("%s", async (name, call) => {
    const recorded = cases.filter((one) => one.name === name).flatMap(entriesOf);
    const theirs = recorded.map(fromEnvelope).toSorted(byTask);
    const { sent, read } = await publish(call);
    const ours = sent.toSorted(byTask);

    expect(theirs.length).toBeGreaterThan(0);
    expect(ours.map((one) => comparable(one, call, true))).toEqual(
      theirs.map((one) => comparable(one, call, false)),
    );
    const bodies = (messages: Sent[]): Promise<unknown[]> =>
      Promise.all(messages.map(({ message }) => read(message)));
    expect(await bodies(ours)).toEqual(await bodies(theirs));
  });

  it("exchange_rk, which left no trace on Redis", async () => {
    const { sent } = await publish({ send: add({ exchange: "ex1", routingKey: "rk1" }) });
    expect(sent.map(({ to }) => to)).toEqual([{ exchange: "ex1", routingKey: "rk1" }]);
  });

  it("holds for every recorded call that is not explained here", () => {
    const reasons = Object.values(elsewhere);
    const open = cases.filter(({ name }) => !(name in calls) && !reasons.some((names) => names.test(name)));
    expect(open.map(({ name }) => name)).toEqual([]);
  });
});
