import { gzipSync } from "node:zlib";
import type { WireMessage } from "@q/messaging";

/** A message that is wrong, or looks like it, and what becomes of it. */
export interface OddMessage {
  readonly name: string;
  readonly message: WireMessage;
  /** State of its result, or the code with which it is discarded. */
  readonly end: "SUCCESS" | "FAILURE" | `ERR_Q_${string}`;
}

const embed = '{"callbacks": null, "errbacks": null, "chain": null, "chord": null}';
const deep = `${"[".repeat(100_000)}${"]".repeat(100_000)}`;
const megabytes = "x".repeat(10 * 1024 * 1024);
// A hundred times larger than what is allowed to come out of one body by default.
const bomb = gzipSync(Buffer.alloc(300 * 1024 * 1024, " "));

interface Parts {
  readonly body?: string | Buffer;
  readonly headers?: Readonly<Record<string, unknown>>;
  readonly contentType?: string;
  readonly contentEncoding?: string;
}

function message(name: string, parts: Parts): WireMessage {
  const {
    body = `[[2, 3], {}, ${embed}]`,
    headers,
    contentType = "application/json",
    contentEncoding = "utf-8",
  } = parts;
  return {
    body: Buffer.isBuffer(body) ? body : Buffer.from(body),
    contentType,
    contentEncoding,
    headers: { task: "t.add", id: `odd ${name}`, ...headers },
    properties: { deliveryMode: 2, correlationId: `odd ${name}` },
  };
}

const ownProto = JSON.parse(
  '{"__proto__": {"polluted": true}, "constructor": {"prototype": {"polluted": true}}}',
) as Record<string, unknown>;

/** The rows of fault T16, for every broker that carries them. */
export const oddMessages: readonly OddMessage[] = (
  [
    ["empty body", { body: "" }, "ERR_Q_DECODE"],
    ["cut body", { body: "[[2, 3], {}, {" }, "ERR_Q_DECODE"],
    ["body of random bytes", { body: Buffer.from("00ff80fe0d0a1f8b", "hex") }, "ERR_Q_DECODE"],
    ["body that is a number", { body: "5" }, "ERR_Q_INVALID_TASK"],
    ["body that is null", { body: "null" }, "ERR_Q_INVALID_TASK"],
    ["two elements", { body: "[[2, 3], {}]" }, "ERR_Q_INVALID_TASK"],
    ["arguments that are text", { body: `["23", {}, ${embed}]` }, "ERR_Q_INVALID_TASK"],
    ["keyword arguments that are a number", { body: `[[2, 3], 5, ${embed}]` }, "ERR_Q_INVALID_TASK"],
    ["callbacks that are a number", { body: '[[2, 3], {}, {"callbacks": 5}]' }, "SUCCESS"],
    [
      "callbacks that are no signatures",
      { body: '[[2, 3], {}, {"callbacks": [5, null, {}, {"task": 5}]}]' },
      "FAILURE",
    ],
    ["a chain that is no chain", { body: '[[2, 3], {}, {"chain": [{"task": 5}]}]' }, "FAILURE"],
    ["a chord that is text", { body: '[[2, 3], {}, {"chord": "x"}]' }, "SUCCESS"],
    ["too few arguments", { body: `[[2], {}, ${embed}]` }, "FAILURE"],
    [
      "10 MB that are meant",
      { headers: { task: "t.length" }, body: `[["${megabytes}"], {}, ${embed}]` },
      "SUCCESS",
    ],
    ["10 MB of nothing", { body: megabytes }, "ERR_Q_DECODE"],
    ["arguments nested 100,000 deep", { body: `[[2, ${deep}], {}, ${embed}]` }, "ERR_Q_DECODE"],
    ["a body nested 100,000 deep", { body: deep }, "ERR_Q_DECODE"],
    ["unknown task", { headers: { task: "no.such" } }, "ERR_Q_NOT_REGISTERED"],
    ["task called __proto__", { headers: { task: "__proto__" } }, "ERR_Q_NOT_REGISTERED"],
    ["task called constructor", { headers: { task: "constructor" } }, "ERR_Q_NOT_REGISTERED"],
    ["task that is a number", { headers: { task: 5 } }, "ERR_Q_INVALID_TASK"],
    ["id that is an object", { headers: { id: { a: 1 } } }, "ERR_Q_INVALID_TASK"],
    ["id that is empty", { headers: { id: "" } }, "ERR_Q_INVALID_TASK"],
    ["eta that is an object", { headers: { eta: {} } }, "ERR_Q_INVALID_TASK"],
    ["expires that is text", { headers: { expires: "soon" } }, "ERR_Q_INVALID_TASK"],
    ["retries that are text", { headers: { retries: "many" } }, "SUCCESS"],
    ["time limits that are text", { headers: { timelimit: ["x", {}] } }, "SUCCESS"],
    ["time limits that are no list", { headers: { timelimit: 5 } }, "SUCCESS"],
    ["stamps that are text", { headers: { stamps: "x", stamped_headers: 5 } }, "SUCCESS"],
    ["headers with __proto__", { headers: ownProto }, "SUCCESS"],
    [
      "keyword arguments with __proto__",
      { headers: { task: "t.length" }, body: `[["ab"], {"__proto__": {"polluted": true}}, ${embed}]` },
      "FAILURE",
    ],
    [
      "options with __proto__",
      { body: '[[2, 3], {}, {"__proto__": {"polluted": true, "callbacks": [1]}}]' },
      "SUCCESS",
    ],
    ["unknown content type", { contentType: "application/x-foo" }, "ERR_Q_UNKNOWN_CONTENT_TYPE"],
    ["content type __proto__", { contentType: "__proto__" }, "ERR_Q_UNKNOWN_CONTENT_TYPE"],
    [
      "pickle",
      {
        contentType: "application/x-python-serialize",
        contentEncoding: "binary",
        body: "cos\nsystem\n(S'id'\ntR.",
      },
      "ERR_Q_CONTENT_REFUSED",
    ],
    ["yaml that is not accepted", { contentType: "application/x-yaml" }, "ERR_Q_CONTENT_REFUSED"],
    ["unknown charset", { contentEncoding: "utf-99" }, "ERR_Q_DECODE"],
    ["unknown compression", { headers: { compression: "application/x-nope" } }, "ERR_Q_UNKNOWN_COMPRESSION"],
    ["compression __proto__", { headers: { compression: "__proto__" } }, "ERR_Q_UNKNOWN_COMPRESSION"],
    ["compression that is a number", { headers: { compression: 5 } }, "SUCCESS"],
    ["not compressed though it says so", { headers: { compression: "application/x-gzip" } }, "ERR_Q_DECODE"],
    ["decompression bomb", { headers: { compression: "application/x-gzip" }, body: bomb }, "ERR_Q_DECODE"],
  ] as const satisfies readonly (readonly [string, Parts, OddMessage["end"]])[]
).map(([name, parts, end]) => ({ name, message: message(name, parts), end }));
