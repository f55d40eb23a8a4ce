import { describe, expect, it } from "vitest";
import { Connection } from "./connection.ts";
import { ConnectionPool } from "./connection-pool.ts";

const create = (): Connection => new Connection("memory://");

describe("ConnectionPool", () => {
  it("lends the connection that came back last", async () => {
    const pool = new ConnectionPool(create, 2);
    const first = await pool.acquire();
    const second = await pool.acquire();
    expect(second).not.toBe(first);
    await pool.release(second);
    await pool.release(first);
    expect(await pool.acquire()).toBe(first);
    expect(await pool.acquire()).toBe(second);
  });

  it("refuses when the wait for a free connection is over", async () => {
    const pool = new ConnectionPool(create, 1);
    await pool.acquire();
    await expect(pool.acquire({ timeoutMs: 0 })).rejects.toMatchObject({ code: "ERR_Q_CONNECTION_LIMIT" });
    await expect(pool.acquire({ timeoutMs: 5 })).rejects.toMatchObject({ code: "ERR_Q_CONNECTION_LIMIT" });
  });

  it("gives a released connection to whoever waits", async () => {
    const pool = new ConnectionPool(create, 1);
    const first = await pool.acquire();
    const waiting = pool.acquire();
    await pool.release(first);
    expect(await waiting).toBe(first);
  });

  it("ends the wait with the reason of the signal", async () => {
    const pool = new ConnectionPool(create, 1);
    await pool.acquire();
    const reason = new Error("leaving");
    await expect(pool.acquire({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });

  it("does not lend a connection that was closed meanwhile", async () => {
    const pool = new ConnectionPool(create, 1);
    const first = await pool.acquire();
    await first.close();
    await pool.release(first);
    expect(await pool.acquire()).not.toBe(first);
  });

  it.each([0, null])("does not pool with a limit of %s", async (limit) => {
    const pool = new ConnectionPool(create, limit);
    const all = await Promise.all(Array.from({ length: 20 }, () => pool.acquire({ timeoutMs: 0 })));
    expect(new Set(all).size).toBe(20);
    await pool.release(all[0] as Connection);
    expect(all[0]?.state).toBe("closed");
    expect(pool.limit).toBeNull();
  });

  it("closes what is above a smaller limit as it comes back", async () => {
    const pool = new ConnectionPool(create, 2);
    const [first, second] = [await pool.acquire(), await pool.acquire()];
    await pool.resize(1);
    await pool.release(first);
    await pool.release(second);
    expect([first.state, second.state].toSorted()).toEqual(["closed", "idle"]);
    await expect(Promise.all([pool.acquire(), pool.acquire({ timeoutMs: 0 })])).rejects.toThrow(/in use/);
  });

  it("closes all, also those on loan, and can be used again", async () => {
    const pool = new ConnectionPool(create, 1);
    const first = await pool.acquire();
    await pool.closeAll();
    expect(first.state).toBe("closed");
    expect((await pool.acquire({ timeoutMs: 0 })).state).toBe("idle");
  });
});
