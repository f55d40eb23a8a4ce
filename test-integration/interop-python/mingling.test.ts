import { expect, it } from "vitest";
import { pythonClient, pythonWorker, suiteResource } from "../harness/index.ts";
import { interopApp, onEachBroker, pythonApp, workerInProcess } from "./fleet.ts";
import { Worker } from "@q/worker";

onEachBroker("workers of both languages that start beside each other", (openSite) => {
  const site = suiteResource(openSite);

  it("tell each other what is revoked, in both directions, and no line of Python's log is an error", async () => {
    await using first = interopApp(site());
    await using q = await workerInProcess(first, { hostname: "first@q" });
    const [known, later] = [crypto.randomUUID(), crypto.randomUUID()];
    q.revoke([known]);
    q.revokedStamps.add('["tenant","acme"]');

    await using python = await pythonWorker({ ...pythonApp(site()), queues: ["for-python"], mingle: true });
    await python.waitFor(/mingle: sync complete/);
    const { control } = first;
    const [pong = {}] = await control.ping({ pattern: "python-*", matcher: "glob", limit: 1, timeout: 20 });
    const [node = ""] = Object.keys(pong);
    const revoked = async (): Promise<readonly string[]> =>
      (await control.inspect({ destination: node, timeout: 20 }).revoked())[node] ?? [];
    expect(await revoked()).toEqual([known]);

    await using client = await pythonClient(pythonApp(site()));
    await client.run(`app.control.revoke(args, destination=["${node}"])`, later);
    await expect.poll(revoked).toContain(later);
    await using secondApp = interopApp(site());
    const second = new Worker(secondApp, { hostname: "second@q", concurrency: 1 });
    await second.start();
    await expect.poll(() => second.revoked.texts().sort()).toEqual([known, later].sort());
    await expect.poll(() => second.revokedStamps.covers({ tenant: "acme" })).toBe(true);
    // Long enough for Python's gossip to hear of our workers, and of the end of one of them.
    await python.waitFor(/second@q joined the party|sync with second@q/);
    await second.stop();

    // And ours hears of Python's.
    await expect.poll(() => q.gossip?.peers).toEqual([node]);

    expect(python.lines.filter((line) => /Traceback|ERROR|CRITICAL/.test(line))).toEqual([]);
  });
});
