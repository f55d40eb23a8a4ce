import { expect, it } from "vitest";
import { openLedger, pythonClient, pythonWorker, suiteResource } from "../harness/index.ts";
import { clientApp, interopApp, onEachBroker, pythonApp, type Site, workerInProcess } from "./fleet.ts";

const NAMES = ["first@q", "second@q"];

/** Two of our workers that have heard of each other, and the items that their tasks have recorded. */
async function electorate(site: Site, others: readonly string[] = []) {
  const ledger = await openLedger();
  const workers = await Promise.all(
    NAMES.map(async (hostname) => {
      const app = interopApp(site, { ledger: ledger.path });
      return { app, worker: await workerInProcess(app, { hostname }) };
    }),
  );
  const knows = (at: number): string[] => workers[at]?.worker.gossip?.peers.toSorted() ?? [];
  const expected = (at: number): string[] => [NAMES[1 - at] ?? "", ...others].toSorted();
  for (const at of [0, 1]) await expect.poll(() => knows(at)).toEqual(expected(at));
  return {
    recorded: async () =>
      (await ledger.read()).entries.filter((one) => one.event === "end").map((one) => one.id),
    [Symbol.asyncDispose]: async () => {
      for (const { app, worker } of workers) {
        await worker.stop();
        await app.close();
      }
      await ledger[Symbol.asyncDispose]();
    },
  };
}

onEachBroker("an election", (openSite) => {
  const site = suiteResource(openSite);

  it("has one of our workers send the task, called from either language", async () => {
    await using fleet = await electorate(site());
    await using app = clientApp(site());
    await using python = await pythonClient(pythonApp(site()));
    // Its Signature.election raises an error of its own.
    const elect = [
      "id = celery.uuid()",
      "app.control.election(id, 'task', app.signature('interop.ledger', args=[args], task_id=id))",
      "return id",
    ].join("\n");
    const items = ["a", "b", "c"].flatMap((name) => [`q-${name}`, `python-${name}`]);
    const elected = async (item: string): Promise<unknown> => {
      if (item.startsWith("python")) return (await python.result(await python.run(elect, item))).value;
      return (await app.signature("interop.ledger", [item]).election()).get({ timeout: 20 });
    };
    for (const item of items) expect(await elected(item)).toBe(item);
    expect(await fleet.recorded()).toEqual(items);
  });

  it("is acknowledged by Python's workers, which do not stand when they are not named", async () => {
    await using python = await pythonWorker({ ...pythonApp(site()), queues: ["for-python"] });
    const node = /python-\S+@\S+/.exec(python.lines.join("\n"))?.[0] ?? "";
    await using fleet = await electorate(site(), [node]);
    await using app = clientApp(site());
    const items = ["x", "y", "z"];
    for (const item of items) {
      const result = await app.signature("interop.ledger", [item]).election({ destination: NAMES });
      expect(await result.get({ timeout: 20 })).toBe(item);
    }
    expect(await fleet.recorded()).toEqual(items);
    expect(python.lines.filter((line) => /Traceback|ERROR|CRITICAL/.test(line))).toEqual([]);
    await python.stop("SIGTERM");
  });
});
