import { describe, expect, it } from "vitest";
import { Redis } from "ioredis";
import { directions, queueOf, withFleet } from "./fleet.ts";

withFleet("results over rpc", { rpc: true }, (fleet) => {
  describe.each(directions)("from a $client client to a $worker worker", (direction) => {
    it("brings values and failures", async () => {
      expect(
        await fleet()
          .across(direction)
          .call("identity", [{ "k\u00e9y": [1, null] }]),
      ).toEqual({
        "k\u00e9y": [1, null],
      });
      const failing = await fleet().across(direction).send("fail", ["InteropError", "a", 1]);
      expect(await fleet().across(direction).result(failing)).toMatchObject({
        state: "FAILURE",
        error: { type: "InteropError", args: ["a", 1] },
      });
    });

    it("brings the result of a retried task and that of an unknown one", async () => {
      expect(await fleet().across(direction).call("retry_n_times", [2, 0.02])).toBe(2);
      const unknown = await fleet().across(direction).send("no_such_task");
      expect((await fleet().across(direction).result(unknown)).error?.type).toMatch(/^NotRegistered/);
    });

    it("brings many results to the calls that they belong to", async () => {
      const numbers = Array.from({ length: 50 }, (_, index) => index);
      const ids: string[] = [];
      for (const number of numbers) ids.push(await fleet().across(direction).send("identity", [number]));
      // Python can only read results over rpc in the order of its calls.
      const order = direction.client === "Q" ? numbers.toReversed() : numbers;
      const values: unknown[] = [];
      for (const number of order)
        values.push(
          (
            await fleet()
              .across(direction)
              .result(ids[number] ?? "")
          ).value,
        );
      expect(values).toEqual(order);
    });

    it("brings the result of a link, to the client that asked for it", async () => {
      const code = `
link = tasks.add.s(10).set(queue=args["next"])
result = app.send_task("interop.add", [1, 2], queue=args["first"], link=link)
return result.get(timeout=30)
`;
      const [first, next] = [queueOf[direction.worker], queueOf[direction.client]];
      expect(await fleet().python.run(code, { first, next })).toBe(3);
    });
  });

  it("tells us of custom states that Python reports", async () => {
    const seen: unknown[] = [];
    const result = await fleet().app.sendTask("interop.progress", [2], { queue: queueOf.Python });
    await result.get({ timeout: 30, onMessage: (meta) => seen.push([meta.status, meta.result]) });
    expect(seen).toEqual([
      ["PROGRESS", { current: 0, total: 2 }],
      ["PROGRESS", { current: 1, total: 2 }],
      ["SUCCESS", 2],
    ]);
  });

  it("tells Python of custom states that we report", async () => {
    const code = `
seen = []
result = app.send_task("interop.progress", [2], queue=args)
result.get(timeout=30, on_message=lambda meta: seen.append([meta["status"], meta["result"]]))
return seen
`;
    expect(await fleet().python.run(code, queueOf.Q)).toEqual([
      ["PROGRESS", { current: 0, total: 2 }],
      ["PROGRESS", { current: 1, total: 2 }],
      ["SUCCESS", 2],
    ]);
  });
});

const prefixed = {
  broker_transport_options: { global_keyprefix: "pre:", priority_steps: [0, 5], sep: ":" },
  result_backend_transport_options: { global_keyprefix: "res" },
  task_default_queue: "unused",
};

withFleet("keys with a prefix", { settings: prefixed, brokers: ["Redis"] }, (fleet) => {
  it.each(directions)("from a $client client to a $worker worker", async (direction) => {
    expect(await fleet().across(direction).call("add", [1, 2], { priority: 7 })).toBe(3);
    const id = await fleet().across(direction).send("add", [1, 2], { countdown: 60, priority: 7 });
    const client = new Redis(fleet().site.broker);
    try {
      const keys = await client.keys("*");
      expect(keys.filter((key) => !/^(pre:|res_celery-task-meta-)/.test(key))).toEqual([]);
      expect(keys).toContain(`pre:_kombu.binding.${queueOf[direction.worker]}`);
      expect(id).toEqual(expect.any(String));
    } finally {
      client.disconnect();
    }
  });
});
