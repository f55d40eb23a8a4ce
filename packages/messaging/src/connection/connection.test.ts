import { ClosedError } from "@q/kernel";
import { FakeClock, recordingLogger } from "@q/kernel/testing";
import { describe, expect, it } from "vitest";
import { AccessRefusedError, ConnectionError } from "../errors.ts";
import { ScriptedTransport, silence } from "../testing/scripted-transport.ts";
import { TransportRegistry } from "../transport-registry.ts";
import { Connection, type ConnectionOptions } from "./connection.ts";

function setUp(urls: string | string[] = "fake://a", options: ConnectionOptions = {}) {
  const transport = new ScriptedTransport();
  const clock = new FakeClock();
  const transports = new TransportRegistry().register("fake", () => transport);
  return { transport, clock, connection: new Connection(urls, { transports, clock, ...options }) };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const once = { maxRetries: 0, intervalStart: 0, intervalStep: 0, intervalMax: 0 };
const down = new ConnectionError("down");

describe("Connection", () => {
  it("connects to nothing until it is asked to", async () => {
    const { transport, connection } = setUp();
    expect((await connection.transport()).name).toBe("scripted");
    expect(connection.state).toBe("idle");
    expect(transport.attempts).toEqual([]);
  });

  it("shares one attempt between concurrent callers and keeps the result", async () => {
    const { transport, connection } = setUp();
    const [first, second] = await Promise.all([connection.connect(), connection.connect()]);
    expect(first).toBe(second);
    expect(await connection.connect()).toBe(first);
    expect(transport.attempts).toEqual(["a"]);
    expect(connection.state).toBe("connected");
  });

  it("tries the URLs in order and stays with the one that answers", async () => {
    const { transport, connection } = setUp("fake://a;fake://b;fake://c");
    transport.onConnect = async ({ url }) => {
      if (url.hostname !== "c") throw down;
    };
    await connection.connect();
    expect(transport.attempts).toEqual(["a", "b", "c"]);
    expect(connection.asUri()).toBe("fake://c/");
    transport.cut();
    await turn();
    await connection.connect();
    expect(transport.attempts).toEqual(["a", "b", "c", "c"]);
  });

  it("tells the transport all URLs", async () => {
    const { transport, connection } = setUp(["fake://a", "fake://b"]);
    let alternates: unknown;
    transport.onConnect = async (options) => {
      alternates = options.alternates?.map((url) => url.hostname);
    };
    await connection.connect();
    expect(alternates).toEqual(["a", "b"]);
  });

  it("follows a failover order of the user's own, again and again", async () => {
    const { transport, connection } = setUp("fake://a;fake://b", {
      failoverStrategy: (urls) => [...urls].reverse(),
    });
    transport.onConnect = () => Promise.reject(down);
    await expect(connection.connect({ policy: once })).rejects.toBe(down);
    await expect(connection.connect({ policy: once })).rejects.toBe(down);
    expect(transport.attempts).toEqual(["b", "a", "b", "a"]);
  });

  it("tries every URL once per round when it shuffles", async () => {
    const { transport, connection } = setUp("fake://a;fake://b;fake://c", { failoverStrategy: "shuffle" });
    transport.onConnect = () => Promise.reject(down);
    await expect(connection.connect({ policy: once })).rejects.toBe(down);
    expect(transport.attempts.toSorted()).toEqual(["a", "b", "c"]);
  });

  it("retries soon at first and never more than 3 s apart", async () => {
    const { transport, clock, connection } = setUp();
    const delays: number[] = [];
    connection.on("retry", ({ delayMs }) => delays.push(Math.round(delayMs)));
    let failures = 10;
    transport.onConnect = async () => {
      if (failures-- > 0) throw down;
    };
    const connecting = connection.connect();
    await turn();
    await clock.advance(60_000);
    await connecting;
    expect(delays).toEqual([100, 500, 900, 1300, 1700, 2100, 2500, 2900, 3000, 3000]);
  });

  it("gives up when the policy is exhausted and can be asked again", async () => {
    const { transport, clock, connection } = setUp();
    transport.onConnect = () => Promise.reject(down);
    const failing = connection.connect({
      policy: { maxRetries: 2, intervalStart: 1, intervalStep: 0, intervalMax: 1 },
    });
    failing.catch(() => {});
    await turn();
    await clock.advance(2500);
    await expect(failing).rejects.toBe(down);
    expect(transport.attempts).toHaveLength(3);
    expect(connection.state).toBe("idle");
    transport.onConnect = async () => {};
    await connection.connect();
    expect(connection.state).toBe("connected");
  });

  it("does not retry when the broker refuses us", async () => {
    const { transport, connection } = setUp();
    transport.onConnect = () => Promise.reject(new AccessRefusedError("no"));
    await expect(connection.connect()).rejects.toMatchObject({ code: "ERR_Q_ACCESS_REFUSED" });
    expect(transport.attempts).toHaveLength(1);
  });

  it("goes on while one of several brokers may come back, although another refuses us", async () => {
    const { transport, clock, connection } = setUp("fake://a;fake://b");
    transport.onConnect = async ({ url }) => {
      if (url.hostname === "b") throw new AccessRefusedError("no");
      if (transport.attempts.length < 3) throw down;
    };
    const connecting = connection.connect();
    await turn();
    await clock.advance(1000);
    await connecting;
    expect(transport.attempts).toEqual(["a", "b", "a"]);
  });

  it("does not wait for a transport that never answers", async () => {
    const { transport, clock, connection } = setUp("fake://a;fake://b", { connectTimeoutMs: 2000 });
    transport.onConnect = ({ url }) => (url.hostname === "a" ? silence() : Promise.resolve());
    const connecting = connection.connect();
    await turn();
    await clock.advance(3000);
    await connecting;
    expect(connection.asUri()).toBe("fake://b/");
  });

  it("closes a connection that comes after its time", async () => {
    const { transport, clock, connection } = setUp("fake://a", { connectTimeoutMs: 2000 });
    let answer = (): void => {};
    transport.onConnect = () => new Promise((resolve) => (answer = resolve));
    const connecting = connection.connect({ policy: once });
    connecting.catch(() => {});
    await turn();
    await clock.advance(3000);
    await expect(connecting).rejects.toMatchObject({ code: "ERR_Q_CONNECTION" });
    answer();
    await turn();
    expect(transport.connections.map((late) => late.isEnded)).toEqual([true]);
  });

  it("tells of the loss and makes a new connection", async () => {
    const { transport, connection } = setUp();
    const seen: string[] = [];
    connection.on("connected", ({ url }) => seen.push(`connected ${url}`));
    connection.on("lost", ({ error }) => seen.push(`lost ${error.message}`));
    const first = await connection.connect();
    transport.cut();
    await first.lost;
    expect(connection.state).toBe("lost");
    expect(await connection.connect()).not.toBe(first);
    expect(seen).toEqual(["connected fake://a/", "lost cut by the test", "connected fake://a/"]);
  });

  it("abandons a connection that somebody found dead, once", async () => {
    const { transport, connection } = setUp();
    const lost: Error[] = [];
    connection.on("lost", ({ error }) => lost.push(error));
    const first = await connection.connect();
    connection.giveUpOn(first, down);
    const second = await connection.connect();
    connection.giveUpOn(first, down);
    expect(lost).toEqual([down]);
    expect(transport.connections[0]?.isEnded).toBe(true);
    expect(await connection.connect()).toBe(second);
  });

  it("ends the wait of a caller whose signal aborts, not that of the others", async () => {
    const { transport, connection } = setUp();
    let answer = (): void => {};
    transport.onConnect = () => new Promise((resolve) => (answer = resolve));
    const controller = new AbortController();
    const leaving = connection.connect({ signal: controller.signal });
    const staying = connection.connect();
    const reason = new Error("leaving");
    controller.abort(reason);
    await expect(leaving).rejects.toBe(reason);
    answer();
    await staying;
    expect(transport.attempts).toHaveLength(1);
  });

  it("ends every wait when it is closed, and closes what comes too late", async () => {
    const { transport, connection } = setUp();
    let answer = (): void => {};
    transport.onConnect = () => new Promise((resolve) => (answer = resolve));
    const waiting = connection.connect();
    await Promise.resolve();
    await connection.close();
    await expect(waiting).rejects.toBeInstanceOf(ClosedError);
    await expect(connection.connect()).rejects.toMatchObject({ code: "ERR_Q_CLOSED" });
    await turn();
    answer();
    await turn();
    expect(transport.live).toEqual([]);
    await connection.close();
  });

  it("says what it is without its password", () => {
    const { connection } = setUp("fake://u:secret@h:99/v?connect_timeout=3&heartbeat=10;fake://:hidden@b");
    const info = connection.info();
    expect(info).toMatchObject({ transport: "fake", hostname: "h", port: 99, userid: "u", virtualHost: "v" });
    expect(info).toMatchObject({ connectTimeout: 3, heartbeat: 10, alternates: ["fake://:**@b/"] });
    expect(JSON.stringify(info)).not.toMatch(/secret|hidden/);
    expect(connection.asUri({ includePassword: true })).toContain("secret");
  });

  it("survives a listener that throws", async () => {
    const logger = recordingLogger();
    const { connection } = setUp("fake://a", { logger });
    connection.on("connected", () => {
      throw new Error("listener");
    });
    await connection.connect();
    expect(logger.lines.some((line) => line.level === "error")).toBe(true);
  });

  it("never writes a password to the log", async () => {
    const logger = recordingLogger();
    const { transport, clock, connection } = setUp("fake://u:secret@a", { logger });
    transport.onConnect = async () => {
      if (transport.attempts.length < 2) throw down;
    };
    const connecting = connection.connect();
    await turn();
    await clock.advance(1000);
    await connecting;
    transport.cut();
    await turn();
    expect(logger.lines.length).toBeGreaterThan(2);
    expect(JSON.stringify(logger.lines)).not.toContain("secret");
  });
});
