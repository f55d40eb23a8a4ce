import { expect, it } from "vitest";
import { createApp } from "@q/core";
import { nodeProcess } from "../harness/node-process.ts";
import { tempFolder } from "../harness/temp-folder.ts";

it("runs tasks in apps/worker, on the embedded broker, until it is told to stop", async () => {
  await using folder = await tempFolder("app-worker");
  await using worker = nodeProcess("apps/worker/src/main.ts", [], { cwd: folder.path });
  await worker.waitFor(/ready\.$/, { timeoutMs: 30_000 });

  const url = `sqlite:///${folder.path}/.q/q.db`;
  await using client = createApp("client", { broker: url, backend: url });
  const result = await client.sendTask("worker.add", [], { kwargs: { x: 2, y: 3 } });
  expect(await result.get({ timeout: 20 })).toBe(5);
  expect(await worker.stop("SIGTERM")).toEqual({ code: 0, signal: null });
});
