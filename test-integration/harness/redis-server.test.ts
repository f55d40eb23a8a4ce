import { expect, it } from "vitest";
import { requires, startRedis } from "./index.ts";

requires("redis")("a private Redis", () => {
  it("answers at its URL, with the password and settings asked for", async () => {
    await using redis = await startRedis({
      password: "s3cret/!",
      config: { "maxmemory-policy": "noeviction" },
    });
    const client = redis.client();
    expect(await client.ping()).toBe("PONG");
    expect(await client.config("GET", "maxmemory-policy")).toEqual(["maxmemory-policy", "noeviction"]);
    const stranger = redis.client({ url: `redis://127.0.0.1:${redis.port}`, maxRetriesPerRequest: 0 });
    await expect(stranger.ping()).rejects.toThrow(/NOAUTH/);
  });

  it("keeps appended data over a SIGKILL, and clients find it again on the same port", async () => {
    await using redis = await startRedis({ appendOnly: "always" });
    const client = redis.client();
    await client.set("key", "value");
    await redis.restart("SIGKILL");
    expect(await client.get("key")).toBe("value");
  });

  it("forgets everything over a restart by default", async () => {
    await using redis = await startRedis();
    const client = redis.client();
    await client.set("key", "value");
    await redis.restart();
    expect(await client.get("key")).toBeNull();
  });

  it("answers nothing while frozen", async () => {
    await using redis = await startRedis();
    const client = redis.client({ commandTimeout: 1000 });
    await client.ping();
    redis.freeze();
    await expect(client.ping()).rejects.toThrow("Command timed out");
    redis.thaw();
    expect(await client.ping()).toBe("PONG");
  });

  it("refuses connections while it is dead", async () => {
    await using redis = await startRedis();
    await redis.kill();
    const client = redis.client({ maxRetriesPerRequest: 0 });
    await expect(client.ping()).rejects.toThrow(/retries per request|closed/);
  });
});
