import { type AppOptions, createApp } from "@q/core";
import { FakeClock, recordingLogger } from "@q/kernel/testing";
import { ConnectionError, createTransportRegistry, parseBrokerUrl, type Transport } from "@q/messaging";
import { expect, it, onTestFinished } from "vitest";
import { Worker } from "../worker.ts";

/** A worker on a broker that refuses so many connections before it takes one. */
async function worker(refusals: number, options: AppOptions = {}) {
  const registry = createTransportRegistry();
  const memory = await registry.resolve(parseBrokerUrl("memory://"));
  const broker = `shut://${crypto.randomUUID()}`;
  let attempts = 0;
  const transport: Transport = {
    ...memory,
    capabilities: memory.capabilities,
    connect: (how) =>
      ++attempts > refusals
        ? memory.connect(how)
        : Promise.reject(new ConnectionError(`refusal ${attempts}`)),
  };
  const logger = recordingLogger();
  const clock = new FakeClock();
  const app = createApp("test", {
    broker,
    transports: registry.register("shut", () => transport),
    logger,
    clock,
    ...options,
  });
  const made = new Worker(app, { concurrency: 1 });
  onTestFinished(async () => {
    await made.stop("cold").catch(() => {});
    await app.close();
  });
  return { worker: made, lines: logger.lines, attempts: () => attempts, clock };
}

/** Lets time pass until it has started, or could not. */
async function start({ worker: one, clock }: { worker: Worker; clock: FakeClock }): Promise<void> {
  let isOver = false;
  const starting = one.start().finally(() => (isOver = true));
  starting.catch(() => {});
  while (!isOver) await clock.advance(100);
  return starting;
}

it("tells once per attempt that the broker is away, and nothing else, until it is there", async () => {
  const scene = await worker(3);
  await start(scene);
  const warnings = scene.lines.filter(({ level }) => level === "warn" || level === "error");
  expect(warnings.map(({ message, fields }) => [message, (fields["err"] as Error).message])).toEqual(
    [1, 2, 3].map((n) => ["cannot connect to the broker, trying again", `refusal ${n}`]),
  );
  expect(scene.worker.isStopping).toBe(false);
});

it("gives up after broker_connection_max_retries", async () => {
  const scene = await worker(Infinity, { brokerConnectionMaxRetries: 2 });
  await expect(start(scene)).rejects.toThrow("refusal 3");
  await expect(scene.worker.stopped).rejects.toThrow("refusal 3");
  expect(scene.attempts()).toBe(3);
});

it("gives up at once with broker_connection_retry_on_startup off", async () => {
  const { worker: one } = await worker(1, { brokerConnectionRetryOnStartup: false });
  await expect(one.start()).rejects.toThrow("refusal 1");
});

it("can be stopped while it waits for the broker", async () => {
  const { worker: one } = await worker(Infinity, { brokerConnectionMaxRetries: null });
  const starting = one.start();
  await one.stop();
  await starting;
  await one.stopped;
});
