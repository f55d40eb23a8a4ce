import { expect, it } from "vitest";
import { withFleet } from "./fleet.ts";

const direction = { client: "Python", worker: "Q" } as const;

const revoke = `
result = app.AsyncResult(args["id"])
result.revoke(terminate=args["terminate"])
`;

const abort = `
from celery.contrib.abortable import AbortableAsyncResult
AbortableAsyncResult(args["fromPython"], app=app).abort()
return AbortableAsyncResult(args["fromQ"], app=app).is_aborted()
`;

withFleet("revoking", { settings: { task_track_started: true } }, (fleet) => {
  it("ends in Q at once what Python revokes while it waits for its time", async () => {
    const id = await fleet().across(direction).send("add", [1, 2], { countdown: 3600 });
    await expect.poll(() => fleet().worker.stats().scheduled).toBe(1);
    await fleet().python.run(revoke, { id, terminate: false });
    expect(await fleet().across(direction).result(id)).toMatchObject({
      state: "REVOKED",
      error: { type: "TaskRevokedError", args: ["revoked"] },
    });
    expect(fleet().worker.stats().scheduled).toBe(0);
  });

  it("does not run in Q what Python has revoked before it comes", async () => {
    const id = crypto.randomUUID();
    await fleet().python.run(revoke, { id, terminate: false });
    await expect.poll(() => fleet().worker.revoked.has(id)).toBe(true);
    await fleet().across(direction).send("add", [1, 2], { task_id: id });
    expect(await fleet().across(direction).result(id)).toMatchObject({ state: "REVOKED" });
  });

  it("ends in Q what runs when Python terminates it", async () => {
    const id = await fleet().across(direction).send("sleep_for", [20]);
    await expect.poll(() => fleet().worker.stats().running).toBe(1);
    const ends: unknown[] = [];
    fleet().worker.app.events.on("task:revoked", ({ terminated }) => ends.push({ terminated }));
    await fleet().python.run(revoke, { id, terminate: true });
    // The text of the error varies: Python's workers store one, too.
    expect(await fleet().across(direction).result(id)).toMatchObject({
      state: "REVOKED",
      error: { type: "TaskRevokedError" },
    });
    await expect.poll(() => ends).toEqual([{ terminated: true }]);
  });

  it("asks tasks of the other language to abort themselves", async () => {
    const [fromQ, fromPython] = [crypto.randomUUID(), crypto.randomUUID()];
    await fleet().app.AsyncResult(fromQ).abort();
    const told = await fleet().python.run(abort, { fromQ, fromPython });
    expect([told, await fleet().app.AsyncResult(fromPython).state()]).toEqual([true, "ABORTED"]);
  });

  it("hears revocations again after the connection was rebuilt", async () => {
    const before = fleet().worker.connection;
    const live = await before!.connect();
    before!.giveUpOn(live, new Error("cut for the test"));
    await expect.poll(() => fleet().worker.consumer?.session?.isLive).toBe(true);
    const id = crypto.randomUUID();
    const heard = async (): Promise<boolean> => {
      await fleet().python.run(revoke, { id, terminate: false });
      return fleet().worker.revoked.has(id);
    };
    await expect.poll(heard, { interval: 200 }).toBe(true);
  });
});
