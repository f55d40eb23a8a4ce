import { expect, it } from "vitest";
import { pythonClient, requires, startRedis, suiteResource } from "../harness/index.ts";
import { scene } from "./scene.ts";

requires("redis", "python")("A Python client of a worker with processes", () => {
  const redis = suiteResource(startRedis);

  it("reads results, errors, lost tasks and time limits as those of its own workers", async () => {
    const { url } = redis();
    await using set = await scene(redis());
    const queue = set.client.conf.taskDefaultQueue;
    await using python = await pythonClient({ broker: url, backend: url, settings: {} });
    const run = async (task: string, args: readonly unknown[] = [], options: object = {}) => {
      const { id } = await python.send(task, args, { queue, ...options });
      return python.result(id);
    };
    expect(await run("pools.add", [2, 3])).toMatchObject({ state: "SUCCESS", value: 5 });
    expect(await run("pools.overflow")).toMatchObject({ state: "FAILURE", error: { type: "RangeError" } });
    expect(await run("pools.kill")).toMatchObject({
      state: "FAILURE",
      error: { type: "WorkerLostError", module: "billiard.exceptions" },
    });
    expect(await run("pools.loop", [], { time_limit: 1 })).toMatchObject({
      state: "FAILURE",
      error: { type: "TimeLimitExceeded", module: "billiard.exceptions" },
    });
    expect(await run("pools.soft", [], { soft_time_limit: 0.2 })).toMatchObject({
      value: "ERR_Q_SOFT_TIME_LIMIT",
    });
  });
});
