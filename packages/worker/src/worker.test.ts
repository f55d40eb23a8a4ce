import { createApp } from "@q/core";
import { createTransportRegistry } from "@q/messaging";
import { recordingLogger } from "@q/kernel/testing";
import { expect, it, onTestFinished } from "vitest";
import { Worker } from "./worker.ts";

/** Rejections that nobody handled while the test ran. */
function unhandledRejections(): unknown[] {
  const seen: unknown[] = [];
  const listen = (reason: unknown): void => void seen.push(reason);
  process.on("unhandledRejection", listen);
  onTestFinished(() => void process.off("unhandledRejection", listen));
  return seen;
}

/** Lets Node report what nobody handled. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

it("rejects start, and nothing else, when its broker cannot be used", async () => {
  const unhandled = unhandledRejections();
  const transports = createTransportRegistry().register("unusable", () => {
    throw new TypeError("this broker cannot be used");
  });
  await using app = createApp("test", { broker: "unusable://", transports });
  const worker = new Worker(app, { concurrency: 1 });

  await expect(worker.start()).rejects.toThrow("this broker cannot be used");

  await turn();
  expect(unhandled).toEqual([]);
});

it("rejects start, and nothing else, when its consumer gives up", async () => {
  const unhandled = unhandledRejections();
  const brokerTransportOptions = { noSuchOption: 1 };
  await using app = createApp("test", { broker: "amqp://localhost:1", brokerTransportOptions });
  const worker = new Worker(app, { concurrency: 1 });

  await expect(worker.start()).rejects.toThrow("noSuchOption");

  await turn();
  expect(unhandled).toEqual([]);
  await expect(worker.stopped).rejects.toThrow("noSuchOption");
});

it("warns of settings that were changed and have no effect", async () => {
  const logger = recordingLogger();
  await using app = createApp("test", { broker: "memory://warns", workerLostWait: 30, brokerPoolLimit: 10 });
  await using worker = new Worker(app, { logger });

  await worker.start();

  const warned = logger.lines.filter(({ message }) => message === "a setting has no effect");
  expect(warned).toMatchObject([
    { level: "warn", fields: { setting: "worker_lost_wait", reason: expect.any(String) as string } },
  ]);
});

it("refuses an option that it does not have", async () => {
  await using app = createApp("test", { broker: "memory://options" });
  const options = { concurency: 4 };
  expect(() => new Worker(app, options as object)).toThrow(
    'a worker has no option "concurency". Did you mean "concurrency"?',
  );
});
