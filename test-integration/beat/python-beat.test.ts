import { readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { celeryVenv, pythonEnvironment, pythonFolder } from "../harness/celery-venv.ts";
import {
  ChildProgram,
  jsonLine,
  nodeProcess,
  rabbitVhost,
  requires,
  startRedis,
  tempFolder,
} from "../harness/index.ts";
import { qWorker } from "../harness/q-worker.ts";

const app = "beat/beat-app.mjs";
const folder: string = new URL("..", import.meta.url).pathname;

const brokers = {
  Redis: { needs: ["redis", "python"], open: startRedis },
  RabbitMQ: { needs: ["rabbitmq", "python"], open: rabbitVhost },
} as const;

/** `celery beat` with one entry, for a queue of ours. */
async function pythonBeat(broker: string, schedule: string): Promise<ChildProgram> {
  const entry = {
    task: "interop.multiply",
    schedule: 0.5,
    args: [6, 7],
    options: { queue: "for-q", expires: 30 },
  };
  return new ChildProgram({
    name: "celery beat",
    command: await celeryVenv(),
    args: [...["-m", "celery", "-A", "tasks", "beat", "-l", "INFO"], ...["-s", schedule, "--pidfile="]],
    env: pythonEnvironment({ broker, settings: { beat_schedule: { "of-python": entry } } }),
    cwd: pythonFolder,
  });
}

for (const [name, { needs, open }] of Object.entries(brokers)) {
  requires(...needs)(`celery beat on ${name}`, () => {
    it("sends what a Q worker executes, beside q beat, whose schedule is elsewhere", async () => {
      await using broker = await open();
      await using schedules = await tempFolder("beats");
      const theirs = join(schedules.path, "celerybeat-schedule");
      await using python = await pythonBeat(broker.url, theirs);
      await using worker = await qWorker({ app, broker: broker.url, args: ["-Q", "for-q", "-P", "solo"] });
      await python.waitFor(/Sending due task of-python/, { timeoutMs: 30_000 });
      // No other beat is there yet.
      await worker.waitFor(
        jsonLine<{ msg: string; taskName?: string }>(
          ({ msg, taskName }) => msg === "task succeeded" && taskName === "interop.multiply",
        ),
        { timeoutMs: 30_000 },
      );

      const q = (schedule: string): ChildProgram =>
        nodeProcess("packages/cli/bin/q.js", ["-A", app, "beat", "-l", "INFO", "-s", schedule], {
          cwd: folder,
          env: { BROKER_URL: broker.url },
        });
      const before = readdirSync(schedules.path);
      await using refused = q(theirs);
      expect(await refused.exited).toEqual({ code: 69, signal: null });
      expect(refused.lines.join("\n")).toMatch(/is the schedule of Python's beat and is left alone/);
      expect(readdirSync(schedules.path)).toEqual(before);

      await using ours = q(join(schedules.path, "q-schedule"));
      await ours.waitFor(/sent periodic task interop\.multiply/, { timeoutMs: 30_000 });
      expect(await ours.stop("SIGTERM")).toEqual({ code: 0, signal: null });
      expect((await python.stop("SIGTERM")).code).toBe(0);
    });
  });
}
