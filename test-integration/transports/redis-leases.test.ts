import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import { jsonLine } from "../harness/child-program.ts";
import { nodeProcess } from "../harness/node-process.ts";
import { startRedis } from "../harness/redis-server.ts";
import { requires } from "../harness/requires.ts";
import { suiteResource } from "../harness/suite-resource.ts";
import { waitUntil } from "../harness/wait-until.ts";
import { Consumer, RedisBench, text, toQueue } from "./redis-bench.ts";

const program = "test-integration/transports/programs/redis-holder.ts";

requires("redis")("Redis leases", () => {
  const server = suiteResource(() => startRedis());
  const open = (): Promise<RedisBench> => RedisBench.open(server());

  it("gives back what a killed process held", async () => {
    await using bench = await open();
    const channel = await bench.channel({ visibility_timeout: 2 });
    for (const body of ["1", "2", "3"]) await channel.publish(text(body), toQueue("q"));
    await using holder = nodeProcess(program, [server().url, "q", "2"]);
    await holder.waitFor(jsonLine<{ got: string }>(({ got }) => got === "3"));
    holder.kill("SIGKILL");
    await holder.exited;

    const killedAt = performance.now();
    await using consumer = new Consumer(channel, ["q"], { ack: true });
    await consumer.waitFor(3);
    expect(performance.now() - killedAt).toBeLessThan(10_000);
    expect(consumer.bodies.toSorted()).toEqual(["1", "2", "3"]);
    expect(consumer.deliveries.every(({ redelivered }) => redelivered)).toBe(true);
  });

  it("keeps the messages of a process whose event loop is blocked for thrice the timeout", async () => {
    await using bench = await open();
    const channel = await bench.channel({ visibility_timeout: 3 });
    await channel.publish(text("long"), toQueue("q"));
    await using holder = nodeProcess(program, [server().url, "q", "3", "9000"]);
    await holder.waitFor(jsonLine<{ got: string }>(({ got }) => got === "long"));
    await using thief = new Consumer(channel, ["q"], { ack: true });
    await holder.waitFor(jsonLine<{ acknowledged: number }>((line) => line.acknowledged === 1));

    expect(thief.deliveries).toEqual([]);
    expect(holder.lines.filter((line) => line.includes("warn"))).toEqual([]);
    expect(await bench.client.exists("q", "unacked", "unacked_index")).toBe(0);
  });

  it("holds a message for longer than the timeout while the process is idle", async () => {
    await using bench = await open();
    const holder = await bench.channel({ visibility_timeout: 3 });
    await holder.publish(text("x"), toQueue("q"));
    await using held = new Consumer(holder, ["q"]);
    await held.waitFor(1);
    await using thief = new Consumer(await bench.channel({ visibility_timeout: 3 }), ["q"]);
    await sleep(8000);
    expect(thief.deliveries).toEqual([]);
    expect(held.deliveries).toHaveLength(1);
  });

  it("says so when a lease was lost before the acknowledgement", async () => {
    await using bench = await open();
    const channel = await bench.channel();
    await channel.publish(text("x"), toQueue("q"));
    await using consumer = new Consumer(channel, ["q"]);
    const [delivery] = await consumer.waitFor(1);
    await bench.client.del("unacked", "unacked_index");
    if (delivery) channel.settle(delivery, "ack");
    await channel.flush();
    expect(bench.codes).toContain("ERR_Q_LEASE_LOST");
  });

  it("does not deliver what others took while the claim's reply waited for a blocked event loop", async () => {
    await using bench = await open();
    const channel = await bench.channel({ visibility_timeout: 3 });
    const bodies = ["m0", "m1", "m2", "m3"];
    await Promise.all(bodies.map((body) => channel.publish(text(body), toQueue("q"))));
    await using holder = nodeProcess(program, [server().url, "q", "3", "6000", "2"]);
    // It blocks with the first message while its claim of the second is answered: nobody renews that lease.
    await holder.waitFor(jsonLine<{ got: string }>(({ got }) => got === "m0"));
    await using others = new Consumer(channel, ["q"], { ack: true });
    await holder.waitFor(
      jsonLine<{ code: string }>(({ code }) => code === "ERR_Q_LEASE_LOST"),
      { timeoutMs: 25_000 },
    );
    await waitUntil(async () => (await bench.client.exists("q", "unacked", "unacked_index")) === 0, {
      timeoutMs: 25_000,
    });

    const got = holder.lines.flatMap((line) =>
      line.startsWith('{"got"') ? [JSON.parse(line).got as string] : [],
    );
    expect([...others.bodies, ...got].toSorted()).toEqual(bodies);
  });
});
