import { describe, expect, it } from "vitest";
import { directions, queueOf, withFleet } from "./fleet.ts";
import { wireValues } from "./wire-values.ts";

const settings = {
  accept_content: ["json", "yaml", "msgpack"],
  result_accept_content: ["json", "yaml", "msgpack"],
};

/** Sends what the expression gives to our worker, which compares it and sends it back. */
const thereAndBack = `
value = eval(args["expression"], {**vars(tasks), "UTC": tasks.timezone.utc})
checked = app.send_task("interop.check", [value, args["expression"]], queue=args["queue"])
returned = app.send_task("interop.identity", [value], queue=args["queue"]).get(timeout=30)
return [checked.get(timeout=30), repr(returned) == repr(value) or f"{returned!r:.200} came back"]
`;

withFleet("values", { settings }, (fleet, broker) => {
  describe.each([...wireValues.keys()])("%s", (expression) => {
    it("goes from Python to Q and back", async () => {
      const answer = await fleet().python.run(thereAndBack, { expression, queue: queueOf.Q });
      expect(answer).toEqual([true, true]);
    });

    it("goes from Q to Python and back", async () => {
      const value = wireValues.get(expression);
      const direction = { client: "Q", worker: "Python" } as const;
      expect(await fleet().across(direction).call("check", [value, expression])).toBe(true);
      expect(await fleet().across(direction).call("identity", [value])).toEqual(value);
    });
  });

  describe("a lone surrogate", () => {
    it("goes from Q to Python and back", async () => {
      const direction = { client: "Q", worker: "Python" } as const;
      expect(await fleet().across(direction).call("check", ["\ud800", "'\\ud800'"])).toBe(true);
      expect(await fleet().across(direction).call("identity", ["a\udfffb"])).toBe("a\udfffb");
    });

    it("goes from Python to Q and back, where Python itself can send it", async () => {
      // py-amqp cannot write the argsrepr header of such a text.
      const options = broker === "RabbitMQ" ? { argsrepr: "()" } : {};
      const direction = { client: "Python", worker: "Q" } as const;
      expect(await fleet().across(direction).call("identity", ["\ud800"], options)).toBe("\ud800");
    });
  });

  describe.each(directions)("from a $client client to a $worker worker", (direction) => {
    it("passes keyword arguments by name", async () => {
      expect(
        await fleet()
          .across(direction)
          .call("add", [2], { kwargs: { y: 3 } }),
      ).toBe(5);
      expect(
        await fleet()
          .across(direction)
          .call("mul", [], { kwargs: { y: 3, x: 4 } }),
      ).toBe(12);
    });

    it("passes keyword arguments of any name", async () => {
      const kwargs = { kéy: [1, null], self_: { nested: true }, with_underscore: 1.5 };
      expect(await fleet().across(direction).call("echo", [1, "two"], { kwargs })).toEqual({
        args: [1, "two"],
        kwargs,
      });
    });

    it("answers wrong arguments with a TypeError", async () => {
      const id = await fleet()
        .across(direction)
        .send("mul", [], { kwargs: { nope: 1 } });
      const end = await fleet().across(direction).result(id);
      expect(end).toMatchObject({ state: "FAILURE", error: { type: "TypeError" } });
    });

    const compressions = [undefined, "gzip", "zlib", "bzip2", "lzma", "brotli", "zstd"];
    describe.each(["json", "yaml", "msgpack"])("serializer %s", (serializer) => {
      it.each(compressions)("with compression %s", async (compression) => {
        const args = [
          "h\u00e9llo \u4e16\u754c \u{1f600}",
          [1, 1.5, null, true],
          { nested: { list: ["compress me ".repeat(50)] } },
        ];
        const options = {
          serializer,
          kwargs: { key: "yes" },
          ...(compression !== undefined && { compression }),
        };
        const echoed = await fleet().across(direction).call("echo", args, options);
        expect(echoed).toEqual({ args, kwargs: { key: "yes" } });
      });
    });
  });
});

describe.each(["json", "yaml", "msgpack"])("results as %s", (serializer) => {
  const other = { result_serializer: serializer, accept_content: ["json", serializer] };
  withFleet("results", { settings: other }, (fleet) => {
    it.each(directions)("from a $client client to a $worker worker", async (direction) => {
      const value = { text: "h\u00e9llo", list: [1, 1.5, null, true], deep: { x: [{ y: "no" }] } };
      expect(await fleet().across(direction).call("identity", [value])).toEqual(value);
      const failed = await fleet()
        .across(direction)
        .result(await fleet().across(direction).send("fail", ["InteropError", "a", 1]));
      expect(failed).toMatchObject({ state: "FAILURE", error: { type: "InteropError", args: ["a", 1] } });
    });
  });
});
