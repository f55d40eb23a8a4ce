import { expect, it } from "vitest";
import {
  rabbitVhost,
  requires,
  startProxy,
  startRabbit,
  suiteResource,
  uniqueName,
  waitUntil,
} from "./index.ts";

requires("rabbitmq")("a private RabbitMQ", () => {
  const rabbit = suiteResource(() => startRabbit({ config: { consumer_timeout: 120_000 } }));

  it("has the settings asked for, and is not the machine's own node", async () => {
    const settings = await rabbit().control(
      "eval",
      "{node(), application:get_env(rabbit, consumer_timeout)}.",
    );
    expect(settings).toContain("{private@localhost,{ok,120000}}");
  });

  it("gives out empty virtual hosts", async () => {
    const [one, two] = [await rabbit().vhost(), await rabbit().vhost()];
    const queue = uniqueName("queue");
    const first = await (await rabbit().connect(one)).createChannel();
    await first.assertQueue(queue);
    const second = await (await rabbit().connect(two)).createChannel();
    second.on("error", () => {});
    await expect(second.checkQueue(queue)).rejects.toThrow(/NOT_FOUND/);
  });

  it("loses its connections to the proxy's cut, and only those", async () => {
    await using proxy = await startProxy({ target: rabbit().url });
    const [direct, through] = [await rabbit().connect(), await rabbit().connect(proxy.url)];
    const lost = new Promise((resolve) => through.once("close", resolve));
    expect(proxy.cut()).toBe(1);
    await lost;
    await (await direct.createChannel()).close();
  });

  it("keeps a durable queue and its persistent message over a crash", async () => {
    const queue = uniqueName("durable");
    const before = await (await rabbit().connect()).createConfirmChannel();
    before.on("error", () => {});
    await before.assertQueue(queue, { durable: true });
    before.sendToQueue(queue, Buffer.from("kept"), { persistent: true });
    await before.waitForConfirms();
    // RabbitMQ 3.10 confirms a durable queue a moment before its log of tables is on disk; a crash then forgets the queue.
    await rabbit().control("eval", "mnesia:dump_log().");

    await rabbit().restart("SIGKILL");
    // A node that has just started may close the first connection again.
    const message = await waitUntil(async () => {
      const after = await (await rabbit().connect()).createChannel();
      after.on("error", () => {});
      return after.get(queue, { noAck: true });
    });
    expect(message && message.content.toString()).toBe("kept");
  }, 120_000);
});

requires("rabbitmq")("the shared RabbitMQ", () => {
  it("gives out virtual hosts that end with the test", async () => {
    await using vhost = await rabbitVhost();
    expect(new URL(vhost.url).pathname).toBe(`/${vhost.name}`);
  });
});
