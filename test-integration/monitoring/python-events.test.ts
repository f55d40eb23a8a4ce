import { expect, it } from "vitest";
import { EventReceiver, EventState, type ReceivedEvent } from "@q/core/events";
import {
  celeryVenv,
  ChildProgram,
  pythonClient,
  pythonFolder,
  pythonWorker,
  suiteResource,
} from "../harness/index.ts";
import { pythonEnvironment } from "../harness/celery-venv.ts";
import { clientApp, interopApp, onEachBroker, pythonApp, workerInProcess } from "../interop-python/fleet.ts";

/** 10,000 with Q_TEST_FULL=1; fewer show the same. */
const TASKS = process.env["Q_TEST_FULL"] === "1" ? 10_000 : 500;
const LIFE = ["task-received", "task-started", "task-succeeded"];

/** Has Celery's receiver and State follow `tasks` tasks to their ends; prints when it listens. */
const follow = `
import sys
state = app.events.State(max_tasks_in_memory=args["tasks"] * 2)
seen, done = {}, set()
def on_event(event):
    # A heartbeat: on Redis the receiver has subscribed some time after it says that it is ready.
    if not state.workers:
        print("capturing", file=sys.stderr, flush=True)
    state.event(event)
    if event["type"].startswith("task-"):
        seen.setdefault(event["uuid"], []).append(event["type"])
        if event["type"] == "task-succeeded":
            done.add(event["uuid"])
with app.connection_for_read() as connection:
    receiver = app.events.Receiver(connection, handlers={"*": on_event})
    for _ in receiver.itercapture(timeout=args["timeout"], wakeup=False):
        if len(done) >= args["tasks"]:
            break
worker = next(iter(state.workers.values()))
lives = {}
for types in seen.values():
    lives[",".join(types)] = lives.get(",".join(types), 0) + 1
return {
    "lives": lives,
    "states": sorted({task.state for task in state.tasks.values()}),
    "names": state.task_types(),
    "results": sorted({task.result for task in state.tasks.values()}),
    "worker": [worker.hostname, worker.alive, worker.sw_ident],
    "alive": len(list(state.alive_workers())),
}
`;

onEachBroker("Events across the border", (openSite, broker) => {
  const site = suiteResource(openSite);

  it("let Celery follow every step of tasks in a Q worker", async () => {
    await using app = interopApp(site());
    await using worker = await workerInProcess(app, {
      taskEvents: true,
      heartbeatInterval: 0.2,
      hostname: "q@here",
    });
    await using python = await pythonClient(pythonApp(site()));
    const followed = python.run<Record<string, unknown>>(follow, { tasks: TASKS, timeout: 30 });
    await python.program.waitFor(/capturing/);
    for (let sent = 0; sent < TASKS; sent += 100)
      await Promise.all(Array.from({ length: 100 }, () => app.sendTask("interop.add", [1, 2])));
    expect(await followed).toEqual({
      lives: { [LIFE.join(",")]: TASKS },
      states: ["SUCCESS"],
      names: ["interop.add"],
      results: ["3"],
      worker: ["q@here", true, "q"],
      alive: 1,
    });
    expect(worker.events?.dispatcher.stats).toMatchObject({ dropped: 0 });
  });

  it("let us follow every step of tasks in a Python worker", async () => {
    // Celery with events on takes a while on RabbitMQ.
    const tasks = broker === "RabbitMQ" ? TASKS / 10 : TASKS;
    await using app = clientApp(site());
    await using worker = await pythonWorker({ ...pythonApp(site()), args: ["-E", "--without-gossip"] });
    const state = new EventState({ maxTasks: tasks * 2 });
    const lives = new Map<string, string[]>();
    const stop = new AbortController();
    let done = 0;
    const note = (event: ReceivedEvent): void => {
      state.event(event);
      const { uuid } = event as { uuid?: string };
      if (uuid === undefined) return;
      lives.set(uuid, [...(lives.get(uuid) ?? []), event.type]);
      if (event.type === "task-succeeded" && ++done === tasks) stop.abort();
    };
    const captured = new EventReceiver(app).capture({ "*": note }, { signal: stop.signal, timeout: 30 });
    // Asked for by the receiver, so it listens.
    await expect.poll(() => state.workers.size).toBe(1);
    await Promise.all(Array.from({ length: tasks }, () => app.sendTask("interop.add", [1, 2])));
    await captured;
    const differing = [...lives.values()].filter((life) => life.join() !== LIFE.join());
    expect([lives.size, differing]).toEqual([tasks, []]);
    expect(new Set([...state.tasks.values()].map((task) => `${task.state} ${task.result}`))).toEqual(
      new Set(["SUCCESS 3"]),
    );
    expect(state.taskTypes()).toEqual(["interop.add"]);
    expect(state.aliveWorkers().map(({ swIdent }) => swIdent)).toEqual(["py-celery"]);
    expect(worker.isRunning).toBe(true);
  });

  it("show us in Celery's own dump of events", async () => {
    await using app = interopApp(site());
    await using worker = await workerInProcess(app, {
      taskEvents: true,
      heartbeatInterval: 0.2,
      hostname: "q@here",
    });
    await using dump = new ChildProgram({
      name: "celery events",
      command: await celeryVenv(),
      args: ["-m", "celery", "-A", "tasks", "events", "--dump"],
      env: pythonEnvironment(pythonApp(site())),
      cwd: pythonFolder,
    });
    await dump.waitFor(/^q@here \[.*\] heartbeat: active=0, .*sw_ident=q/);
    await app.sendTask("interop.add", [1, 2]);
    await dump.waitFor(/^q@here \[.*\] task received: interop\.add\(.*\) args=\(1, 2\) kwargs=\{\}/);
    await dump.waitFor(/^q@here \[.*\] task succeeded: interop\.add\(.*result=3, runtime=/);
    await worker.stop();
    await dump.waitFor(/^q@here \[.*\] shutdown/);
  });
});
