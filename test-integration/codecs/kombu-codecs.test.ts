import {
  BodyCodec,
  createCompressionRegistry,
  createSerializerRegistry,
  Decimal,
  type EncodedBody,
  PlainDate,
  PlainTime,
  Uuid,
} from "@q/messaging";
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { beforeAll, expect, it } from "vitest";
import { celeryVenv, requires, seededRandom } from "../harness/index.ts";

type Reply = Omit<EncodedBody, "body"> & {
  readonly body: string;
  readonly repr: string;
  readonly error?: string;
};

const serializers = ["json", "yaml", "msgpack"];
const compressions = [undefined, "gzip", "bzip2", "lzma", "brotli", "zstd"];
const codec = new BodyCodec({
  serializers: createSerializerRegistry(),
  compressions: createCompressionRegistry(),
  accept: serializers,
});

requires("python")("serializers and compressions of Python's kombu", () => {
  let python: string;
  beforeAll(async () => {
    python = await celeryVenv();
    await codec.ready(serializers, ["bzip2", "lzma", "zstd"]);
  }, 120_000);

  /** Sends values through kombu and back; all of one call in one process. */
  function throughKombu(
    values: readonly unknown[],
    how: { serializer: string; compression?: string | undefined },
  ) {
    const script = fileURLToPath(new URL("codecs.py", import.meta.url));
    const requests = values.map((value) => {
      const encoded = codec.encode(value, how);
      return JSON.stringify({
        ...encoded,
        ...how,
        compression: encoded.compression,
        body: encoded.body.toString("base64"),
      });
    });
    const output = execFileSync(python, [script], { input: `${requests.join("\n")}\n`, maxBuffer: 1 << 28 });
    const replies = output
      .toString()
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as Reply);
    return replies.map((reply) => {
      if (reply.error !== undefined) throw new Error(reply.error);
      return { repr: reply.repr, value: codec.decode(Buffer.from(reply.body, "base64"), reply) };
    });
  }

  const random = seededRandom(20_261_121);
  const bodies = [
    [[2, 2], {}, { callbacks: null, errbacks: null, chain: null, chord: null }],
    [
      [
        "é",
        "日本",
        "😀",
        "'\"\\\n\t",
        "",
        "yes",
        "1e5",
        "1:30",
        "~",
        "089",
        "2026-01-02",
        "0o7",
        ".5",
        "y",
        "=",
        "<<",
      ],
      {},
    ],
    [
      [0, -1, 1.5, 1e-9, 1e22, 2 ** 31, 2 ** 40, Number.MAX_SAFE_INTEGER, 2n ** 53n + 1n, -(2n ** 62n)],
      { "": [], a: {} },
    ],
    [[2 ** 60, Infinity, -Infinity], { "1": null, yes: true, "<<": { a: 1 }, "a b": [[[]]], "é: -": "# x" }],
    "x".repeat(5000),
    null,
    Array.from({ length: 2000 }, () => Math.floor(random.next() * 2 ** 31)),
  ];

  it.each(
    serializers.flatMap((serializer) => compressions.map((compression) => ({ serializer, compression }))),
  )("carry task bodies both ways as $serializer with compression $compression", (how) => {
    expect(throughKombu(bodies, how).map(({ value }) => value)).toEqual(bodies);
  });

  it("carry typed values both ways as json", () => {
    const values = [
      new Date("2026-01-02T03:04:05.678Z"),
      new PlainDate(2026, 1, 2),
      PlainTime.parse("03:04:05.00006"),
      new Decimal("1.10"),
      new Uuid("12345678-1234-5678-1234-567812345678"),
      Buffer.from("abc"),
      Buffer.of(0xff, 0),
      10n ** 40n,
      "\ud800",
    ];
    const [reply] = throughKombu([values], { serializer: "json" });
    expect(reply?.value).toEqual(values);
    expect(reply?.repr).toBe(
      "[datetime.datetime(2026, 1, 2, 3, 4, 5, 678000, tzinfo=datetime.timezone.utc), datetime.date(2026, 1, 2), " +
        "datetime.time(3, 4, 5, 60), Decimal('1.10'), UUID('12345678-1234-5678-1234-567812345678'), b'abc', " +
        String.raw`b'\xff\x00', ${10n ** 40n}, '\ud800']`,
    );
  });

  it("carry dates and bytes both ways as yaml, bytes as msgpack", () => {
    const values = [new Date("2026-01-02T03:04:05.678Z"), new PlainDate(2026, 1, 2), Buffer.of(0xff, 0)];
    const [yaml] = throughKombu([values], { serializer: "yaml" });
    expect(yaml?.value).toEqual(values);
    expect(yaml?.repr).toContain("tzinfo=datetime.timezone.utc), datetime.date(2026, 1, 2), b'");
    const [msgpack] = throughKombu([[Buffer.of(0xff, 0)]], { serializer: "msgpack" });
    expect(msgpack?.value).toEqual([Buffer.of(0xff, 0)]);
  });
});
