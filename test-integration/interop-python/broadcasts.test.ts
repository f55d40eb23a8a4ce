import { Broadcast } from "@q/core";
import { expect, it } from "vitest";
import { openLedger, pythonClient, pythonWorker, suiteResource, waitUntil } from "../harness/index.ts";
import { clientApp, interopApp, type Language, onEachBroker, pythonApp, workerInProcess } from "./fleet.ts";

const QUEUE = "everybody";

onEachBroker("a broadcast queue", (openSite, broker) => {
  const site = suiteResource(openSite);

  // On Redis a Python client does not know a fanout exchange from another one, and reaches not even Python workers.
  const clients: Language[] = broker === "Redis" ? ["Q"] : ["Python", "Q"];

  it.each(clients)("reaches every worker of both languages from %s", async (client) => {
    await using ledger = await openLedger();
    const settings = { task_ignore_result: true };
    const ofPython = pythonApp(site(), {
      settings: { ...settings, task_queues: [{ name: QUEUE, broadcast: true }] },
      ledger: ledger.path,
    });
    const ours = () => ({ taskQueues: [new Broadcast(QUEUE)] });
    const apps = [1, 2].map(() => interopApp(site(), { settings, ledger: ledger.path }, ours()));
    const workers = await Promise.all([
      ...apps.map((app) => workerInProcess(app, {})),
      pythonWorker(ofPython),
      pythonWorker({ ...ofPython, queues: [QUEUE] }),
    ]);

    if (client === "Python") {
      await using python = await pythonClient(ofPython);
      await python.send("interop.ledger", [client], { queue: QUEUE });
    } else {
      await using app = clientApp(site(), { settings }, ours());
      await app.sendTask("interop.ledger", [client], { queue: QUEUE });
    }

    const ends = async (): Promise<number> => (await ledger.read()).ends.get(client) ?? 0;
    await waitUntil(ends, { accept: (count) => count === workers.length, what: "every worker" });
    expect((await ledger.read()).entries.filter(({ event }) => event === "start")).toHaveLength(4);
    await Promise.all(workers.map((worker) => worker[Symbol.asyncDispose]()));
    await Promise.all(apps.map((app) => app.close()));
  });
});
