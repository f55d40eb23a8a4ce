import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { BackendContext } from "@q/backends";
import { describe, expect, it, onTestFinished } from "vitest";
import { createApp } from "./create-app.ts";

it.each([
  ["amqps://broker", { loginMethod: "EXTERNAL", readTimeout: 5 }],
  [["pyamqp://one", "pyamqp://two"], { loginMethod: "EXTERNAL", readTimeout: 5 }],
  ["redis://broker", { readTimeout: 5 }],
])("hands broker_login_method to RabbitMQ and to no other broker: %s", async (broker, transportOptions) => {
  await using app = createApp("test", {
    broker,
    brokerLoginMethod: "EXTERNAL",
    brokerTransportOptions: { readTimeout: 5 },
  });
  expect((await app.connectionForWrite()).info().transportOptions).toEqual(transportOptions);
});

it("takes visibility_timeout for the option of that name, where the broker has it and nothing else was said", async () => {
  const options = async (broker: string, brokerTransportOptions = {}): Promise<unknown> => {
    await using app = createApp("test", { broker, brokerTransportOptions, visibilityTimeout: 60 });
    return (await app.connectionForWrite()).info().transportOptions;
  };
  expect(await options("redis://broker")).toEqual({ visibilityTimeout: 60 });
  expect(await options("redis://broker", { visibility_timeout: 5 })).toEqual({ visibility_timeout: 5 });
  expect(await options("amqp://broker")).toEqual({});
});

describe("a result backend of one's own", () => {
  /** Notes for which URL it was made. */
  class Noting {
    readonly uri: string;
    constructor({ url }: BackendContext) {
      this.uri = url.href;
    }
    async prepare(): Promise<void> {}
    async store(): Promise<void> {}
    async get(): Promise<[]> {
      return [];
    }
    async *watch(): AsyncGenerator<never> {}
    async [Symbol.asyncDispose](): Promise<void> {}
  }

  it.each([
    ["a factory", (context: BackendContext) => new Noting(context)],
    ["a class", Noting],
  ])("is %s that the URL names by module and export", async (_what, make) => {
    const folder = mkdtempSync(join(tmpdir(), "q-backend-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    Object.assign(globalThis, { ownBackend: make });
    writeFileSync(join(folder, "own.mjs"), "export const create = globalThis.ownBackend;");
    const url = `${folder}/own.mjs:create://host/path`;
    await using app = createApp("test", { broker: "memory://", backend: url });
    expect(await app.backend()).toMatchObject({ uri: expect.stringContaining("host/path") as string });
  });

  it("takes the place of a built-in one with override_backends", async () => {
    await using app = createApp("test", {
      broker: "memory://",
      backend: "redis://host",
      overrideBackends: { redis: Noting },
    });
    expect(await app.backend()).toMatchObject({ uri: expect.stringContaining("host") as string });
  });

  it("must have what a backend has", async () => {
    class Nothing {}
    await using app = createApp("test", { backend: "redis://host", overrideBackends: { redis: Nothing } });
    await expect(app.backend()).rejects.toMatchObject({
      code: "ERR_Q_IMPROPERLY_CONFIGURED",
      message: expect.stringContaining("the result backend Nothing makes something without") as string,
    });
  });

  it("must be one", async () => {
    await using app = createApp("test", {
      broker: "memory://",
      backend: "redis://host",
      overrideBackends: { redis: 5 },
    });
    await expect(app.backend()).rejects.toThrow("the result backend 5 is neither a function nor a class");
  });
});
