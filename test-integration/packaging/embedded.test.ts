import { expect, it } from "vitest";
import {
  jsonLine,
  nodeProcess,
  rabbitVhost,
  requires,
  startRedis,
  suiteResource,
  tempFolder,
  uniqueName,
} from "../harness/index.ts";

/** Asks a service with a worker inside for sums, stops it, and expects its process to end by itself. */
async function useAndStop(env: Readonly<Record<string, string>>): Promise<void> {
  await using folder = await tempFolder("embedded");
  await using service = nodeProcess("test-integration/packaging/embedded-program.ts", [], {
    env: { QUEUE: uniqueName("embedded"), ...env },
    cwd: folder.path,
  });
  const listening = await service.waitFor(
    jsonLine((line) => line["event"] === "listening"),
    { timeoutMs: 30_000 },
  );
  const ask = async (path: string): Promise<unknown> =>
    (await fetch(`http://127.0.0.1:${String(listening["port"])}${path}`)).json();

  const sums = await Promise.all(Array.from({ length: 10 }, (_, n) => ask(`/add?x=${n}&y=${n}`)));
  expect(sums).toEqual(Array.from({ length: 10 }, (_, n) => ({ sum: 2 * n })));

  await ask("/stop");
  await service.waitFor(jsonLine((line) => line["event"] === "stopped"));
  const stoppedAt = performance.now();
  expect(await service.exited).toEqual({ code: 0, signal: null });
  // A socket or timer left behind keeps the process for seconds, or for ever: then the test itself times out.
  expect(performance.now() - stoppedAt).toBeLessThan(4_000);
}

requires()("a worker inside a web service", () => {
  it("runs its tasks and lets the process end, on SQLite", () => useAndStop({}));
});

requires("redis")("a worker inside a web service", () => {
  const redis = suiteResource(() => startRedis());

  it("runs its tasks and lets the process end, on Redis", () =>
    useAndStop({ BROKER_URL: redis().url, BACKEND_URL: redis().url }));
});

requires("rabbitmq")("a worker inside a web service", () => {
  const vhost = suiteResource(() => rabbitVhost());

  it("runs its tasks and lets the process end, on RabbitMQ with rpc", () =>
    useAndStop({ BROKER_URL: vhost().url, BACKEND_URL: "rpc://" }));
});
