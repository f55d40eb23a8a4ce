import { createApp } from "@q/core";
import type { ReceivedEvent } from "@q/core/events";
import { FakeClock, recordingLogger } from "@q/kernel/testing";
import { expect, it } from "vitest";
import { Gossip } from "./gossip.ts";

/** Workers of one process that hear each other's events, this one's own included. */
function fleet(names: readonly string[]) {
  const clock = new FakeClock();
  const logger = recordingLogger();
  let count = 0;
  const acted: unknown[] = [];
  const told: [node: string, event: string, hostname: string][] = [];
  const workers = names.map((hostname) => {
    const app = createApp("test", { broker: "memory://", clock });
    app.send = (async (action: unknown) => acted.push([hostname, action])) as never;
    for (const name of ["node:join", "node:leave", "node:lost"] as const)
      app.events.on(name, (event) => void told.push([hostname, name, event.hostname]));
    const send = (type: string, fields: object): void => say(hostname, type, fields);
    return new Gossip({ app, hostname, logger, send });
  });
  const queue: ReceivedEvent[] = [];
  const say = (hostname: string, type: string, fields: object = {}): void => {
    const pid = process.pid;
    queue.push({ type, hostname, pid, clock: ++count, timestamp: 0, local_received: 0, ...fields } as never);
  };
  /** Lets everybody hear everything, in one order. */
  const deliver = (): void => {
    for (let event = queue.shift(); event; event = queue.shift())
      for (const worker of workers) worker.hear(event);
  };
  /** Lets time pass, as seen by workers that are not blocked. */
  const pass = async (seconds: number): Promise<void> => {
    for (let n = 0; n < seconds; n++) {
      await clock.advance(1000);
      for (const worker of workers) worker.checkLost();
    }
  };
  return { workers, clock, logger, acted, told, say, deliver, pass };
}

it("knows who is there, who left, and who was lost", async () => {
  const { workers, told, say, deliver, pass } = fleet(["a"]);
  for (const node of ["b", "c", "a", "b"]) say(node, "worker-heartbeat", { freq: 2 });
  deliver();
  expect(workers[0]?.peers).toEqual(["b", "c"]);
  say("b", "worker-offline");
  deliver();
  await pass(4);
  expect(workers[0]?.peers).toEqual(["c"]);
  await pass(1);
  expect([workers[0]?.peers, told]).toEqual([
    [],
    [
      ["a", "node:join", "b"],
      ["a", "node:join", "c"],
      ["a", "node:leave", "b"],
      ["a", "node:lost", "c"],
    ],
  ]);
});

it("loses nobody for what it could not hear while it was blocked", async () => {
  const { workers, clock, told, say, deliver, pass } = fleet(["a"]);
  for (const node of ["b", "c"]) say(node, "worker-heartbeat", { freq: 2 });
  deliver();
  for (let n = 0; n < 3; n++) {
    await pass(1);
    // A task keeps the event loop busy: timers come before what has arrived meanwhile.
    await clock.advance(20_000);
    workers[0]?.checkLost();
  }
  expect(workers[0]?.peers).toEqual(["b", "c"]);
  say("b", "worker-heartbeat", { freq: 2 });
  deliver();
  await pass(4);
  say("b", "worker-heartbeat", { freq: 2 });
  deliver();
  await pass(1);
  expect(workers[0]?.peers).toEqual(["b"]);
  expect(told.at(-1)).toEqual(["a", "node:lost", "c"]);
});

it.each([1, 2, 3, 5])("elects one of %i workers, which sends the task", (size) => {
  const { workers, acted, say, deliver } = fleet(Array.from({ length: size }, (_, n) => `w${n}`));
  for (let n = 0; n < size; n++) say(`w${n}`, "worker-heartbeat", { freq: 2 });
  deliver();
  const action = { task: "t.add", args: [1, 2], kwargs: {}, options: {} };
  for (const worker of [...workers].reverse()) worker.elect("one", "task", action);
  deliver();
  expect(acted).toEqual([[`w${size - 1}`, action]]);
  workers[0]?.elect("two", "unheard-of", action);
  deliver();
  expect(acted).toHaveLength(1);
});

it("does not act before everybody that is alive has agreed, and forgets elections that never end", () => {
  const { workers, acted, say, deliver } = fleet(["a"]);
  say("silent", "worker-heartbeat", { freq: 2 });
  deliver();
  for (let n = 0; n < 200; n++) workers[0]?.elect(`e${n}`, "task", null);
  deliver();
  expect(acted).toEqual([]);
  say("silent", "worker-elect-ack", { id: "e0" });
  say("silent", "worker-elect-ack", { id: "e199" });
  deliver();
  expect(acted).toEqual([["a", null]]);
});

it("warns once of a worker whose clock differs", () => {
  const { logger, say, deliver } = fleet(["a"]);
  const local_received = 1000;
  for (const [node, timestamp] of [["b", 985] as const, ["c", 983] as const, ["c", 983] as const])
    say(node, "worker-heartbeat", { timestamp, local_received });
  deliver();
  const warned = logger.lines.filter(({ level }) => level === "warn").map(({ fields }) => fields);
  expect(warned).toEqual([{ node: "c", driftSeconds: 17 }]);
});
