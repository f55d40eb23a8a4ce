import { once } from "node:events";
import { type AddressInfo, type Socket, connect, createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { type FaultProxy, requires, startProxy, startRedis, waitUntil } from "./index.ts";

/** A server that sends back what it gets, and counts it. */
async function startEcho(): Promise<
  AsyncDisposable & { url: string; received: () => string; sockets: Set<Socket> }
> {
  const sockets = new Set<Socket>();
  let received = "";
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    socket.on("error", () => {}).on("close", () => sockets.delete(socket));
    socket.on("data", (bytes) => {
      received += bytes.toString();
      socket.write(bytes);
    });
    socket.on("end", () => socket.end());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `redis://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received: () => received,
    sockets,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

/** A client that keeps what it received and how its connection ended. */
async function dial(
  proxy: FaultProxy,
): Promise<Disposable & { socket: Socket; text: () => string; end: () => string }> {
  const socket = connect({ port: proxy.port, host: proxy.host, noDelay: true });
  let text = "";
  let end = "open";
  socket.on("data", (bytes) => (text += bytes.toString()));
  socket.on("end", () => (end = "fin"));
  socket.on("error", (error: NodeJS.ErrnoException) => (end = error.code ?? "error"));
  await once(socket, "connect");
  return { socket, text: () => text, end: () => end, [Symbol.dispose]: () => void socket.destroy() };
}

async function timed(run: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await run();
  return performance.now() - start;
}

describe("the fault proxy", () => {
  it("passes bytes and ends unchanged, and counts them", async () => {
    await using echo = await startEcho();
    await using proxy = await startProxy({ target: echo.url });
    using client = await dial(proxy);
    const big = "x".repeat(3_000_000);
    client.socket.end(big);
    await waitUntil(() => client.end() === "fin");
    expect(client.text()).toBe(big);
    expect(proxy.counters).toEqual({ connections: 1, cuts: 0, toServer: 3_000_000, toClient: 3_000_000 });
    await waitUntil(() => proxy.open, { accept: (open) => open === 0 });
    expect(echo.sockets.size).toBe(0);
  });

  for (const [mode, seen] of [
    ["rst", "ECONNRESET"],
    ["fin", "fin"],
  ] as const) {
    it(`cuts both sides with ${mode}`, async () => {
      await using echo = await startEcho();
      await using proxy = await startProxy({ target: echo.url });
      using client = await dial(proxy);
      client.socket.write("hello");
      await waitUntil(() => client.text() === "hello");
      expect(proxy.cut({ mode })).toBe(1);
      await waitUntil(client.end, { accept: (end) => end !== "open" });
      expect(client.end()).toBe(seen);
      await waitUntil(() => echo.sockets.size === 0, { what: "the server to notice" });
      expect([proxy.open, proxy.counters.cuts]).toEqual([0, 1]);
    });
  }

  it("goes down and comes back without losing a byte or a connection", async () => {
    await using echo = await startEcho();
    await using proxy = await startProxy({ target: echo.url });
    using client = await dial(proxy);
    client.socket.write("before ");
    await waitUntil(() => client.text() === "before ");

    proxy.blackhole();
    client.socket.write("during");
    using late = await dial(proxy);
    late.socket.write("late");
    // Time in which a leak would show: the echo needs less than a millisecond.
    await sleep(30);
    expect([client.text(), client.end(), late.text(), late.end()]).toEqual(["before ", "open", "", "open"]);
    expect(echo.received()).toBe("before ");

    proxy.heal();
    await waitUntil(() => client.text() === "before during" && late.text() === "late");
  });

  it("hides from the server that a client left while the network was down", async () => {
    await using echo = await startEcho();
    await using proxy = await startProxy({ target: echo.url });
    using client = await dial(proxy);
    client.socket.write("hi");
    await waitUntil(() => client.text() === "hi");
    proxy.blackhole();
    client.socket.resetAndDestroy();
    await sleep(30);
    expect(echo.sockets.size).toBe(1);
    proxy.heal();
    await waitUntil(() => echo.sockets.size === 0);
  });

  it("delays each direction, while requests in flight share the delay", async () => {
    await using echo = await startEcho();
    await using proxy = await startProxy({ target: echo.url });
    using client = await dial(proxy);
    proxy.delay(20);
    const roundTripMs = await timed(async () => {
      for (let i = 0; i < 50; i++) {
        client.socket.write(`${i % 10}`);
        await new Promise((resolve) => setImmediate(resolve));
      }
      await waitUntil(() => client.text().length === 50);
    });
    expect(client.text()).toBe("0123456789".repeat(5));
    expect(roundTripMs).toBeGreaterThanOrEqual(39);
    // One after the other they would take two seconds.
    expect(roundTripMs).toBeLessThan(1500);
  });

  it("keeps the order of bytes under jitter", async () => {
    await using echo = await startEcho();
    await using proxy = await startProxy({ target: echo.url, seed: 7 });
    using client = await dial(proxy);
    proxy.delay(0, { jitterMs: 5 });
    let expected = "";
    for (let i = 0; i < 100; i++) {
      expected += `${i},`;
      client.socket.write(`${i},`);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await waitUntil(client.text, { accept: (text) => text === expected });
  });

  it("limits the rate, and its sender feels it", async () => {
    await using echo = await startEcho();
    await using proxy = await startProxy({ target: echo.url });
    using client = await dial(proxy);
    proxy.throttle(100_000);
    const tookMs = await timed(async () => {
      client.socket.write("x".repeat(20_000));
      await waitUntil(() => client.text().length === 20_000);
    });
    expect(tookMs).toBeGreaterThanOrEqual(190);
    client.socket.write("y".repeat(50_000_000));
    expect(client.socket.writableLength, "bytes kept back at the sender").toBeGreaterThan(1_000_000);
  });

  it("refuses new connections, keeps the open ones, and accepts again on the same port", async () => {
    await using echo = await startEcho();
    await using proxy = await startProxy({ target: echo.url });
    using client = await dial(proxy);
    proxy.refuse();
    await expect(dial(proxy)).rejects.toThrow(/ECONNREFUSED/);
    client.socket.write("still here");
    await waitUntil(() => client.text() === "still here");
    await proxy.accept();
    using again = await dial(proxy);
    expect(again.end()).toBe("open");
  });

  it("cuts right after a text that arrives in pieces, and delivers nothing behind it", async () => {
    await using echo = await startEcho();
    await using proxy = await startProxy({ target: echo.url });
    using client = await dial(proxy);
    const cut = proxy.cutAfter({ match: "SECRET", direction: "toServer" });
    client.socket.write("abcSEC");
    await waitUntil(() => client.text() === "abcSEC");
    client.socket.write("RETdef");
    await cut;
    await waitUntil(() => client.end() === "ECONNRESET");
    await waitUntil(() => echo.sockets.size === 0);
    expect(echo.received()).toBe("abcSECRET");
  });

  it("can swallow the reply that it cuts after", async () => {
    await using echo = await startEcho();
    await using proxy = await startProxy({ target: echo.url });
    using client = await dial(proxy);
    const cut = proxy.cutAfter({ match: "OK", direction: "toClient", deliver: false, mode: "fin" });
    client.socket.write("OK");
    await cut;
    await waitUntil(() => client.end() === "fin");
    expect([echo.received(), client.text()]).toEqual(["OK", ""]);
  });

  it("cuts after a number of bytes, once, and only the connection they went through when asked", async () => {
    await using echo = await startEcho();
    await using proxy = await startProxy({ target: echo.url });
    using first = await dial(proxy);
    using second = await dial(proxy);
    const cut = proxy.cutAfter({ bytes: 5, direction: "toClient", scope: "one" });
    first.socket.write("0123456789");
    await cut;
    // Node sees a mere end of the stream when the reset comes together with the last bytes.
    await waitUntil(first.end, { accept: (end) => end !== "open" });
    expect(first.text()).toBe("01234");
    second.socket.write("0123456789");
    await waitUntil(() => second.text() === "0123456789");
  });

  it("delivers a prefix of what was sent and leaks nothing, however often it cuts", async () => {
    await using echo = await startEcho();
    await using proxy = await startProxy({ target: echo.url });
    const { random } = proxy;
    const text = Array.from({ length: 2000 }, (_, n) => `${n},`).join("");
    for (let round = 0; round < 200; round++) {
      const direction = random.pick(["toServer", "toClient"] as const);
      const mode = random.pick(["rst", "fin"] as const);
      const bytes = random.int(1, text.length);
      const cut = proxy.cutAfter({ bytes, direction, mode, deliver: random.next() < 0.5 });
      using client = await dial(proxy);
      client.socket.write(text);
      await cut;
      await waitUntil(client.end, { accept: (end) => end !== "open" });
      expect(text.startsWith(client.text()), `seed ${random.seed}, round ${round}`).toBe(true);
    }
    await waitUntil(() => echo.sockets.size === 0 && proxy.open === 0);
    expect(proxy.counters).toMatchObject({ connections: 200, cuts: 200 });
  });

  it("is seen as a lost connection when the server is not there", async () => {
    const echo = await startEcho();
    await using proxy = await startProxy({ target: echo.url });
    await echo[Symbol.asyncDispose]();
    using client = await dial(proxy);
    await waitUntil(() => client.end() === "ECONNRESET");
  });
});

requires("redis")("the fault proxy before Redis", () => {
  it("keeps login and database in the URL", async () => {
    await using redis = await startRedis({ password: "pass" });
    await using proxy = await startProxy({ target: redis.url });
    expect(proxy.url).toBe(redis.url.replace(String(redis.port), String(proxy.port)));
    expect(proxy.urlOf("amqp://guest:guest@localhost//")).toBe(
      `amqp://guest:guest@127.0.0.1:${proxy.port}//`,
    );
  });

  it("cuts after the reply to a pop was on its way: the item has left the list", async () => {
    await using redis = await startRedis();
    await using proxy = await startProxy({ target: redis.url });
    const direct = redis.client();
    await direct.rpush("list", "the-item");
    const through = redis.client({ url: proxy.url, maxRetriesPerRequest: 0, retryStrategy: () => null });
    await through.ping();

    const cut = proxy.cutAfter({ match: "the-item", direction: "toClient", deliver: false });
    await expect(through.lpop("list")).rejects.toThrow(/retries per request|closed/);
    await cut;
    expect(await direct.llen("list")).toBe(0);
  });
});
