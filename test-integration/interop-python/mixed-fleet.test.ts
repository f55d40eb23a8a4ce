import { expect, it } from "vitest";
import {
  type ChildProgram,
  type Ledger,
  openLedger,
  pythonClient,
  pythonWorker,
  suiteResource,
  waitUntil,
} from "../harness/index.ts";
import { qWorker } from "../harness/q-worker.ts";
import {
  type BrokerName,
  clientApp,
  interopApp,
  type Language,
  onEachBroker,
  pythonApp,
  type Site,
  workerInProcess,
} from "./fleet.ts";

/** Seconds until Redis counts a message as lost; RabbitMQ knows at once. */
const visibilityTimeout = 2;

const settingsFor = (broker: BrokerName): Record<string, unknown> => ({
  task_ignore_result: true,
  ...(broker === "Redis" && { broker_transport_options: { visibility_timeout: visibilityTimeout } }),
});

/** Where a worker works. */
interface Place {
  readonly site: Site;
  readonly settings: Record<string, unknown>;
  readonly queue: string;
  readonly ledger: Ledger;
}

/** A real worker process of either language. */
function startWorker(
  language: Language,
  { site, settings, queue, ledger: { path: ledger } }: Place,
): Promise<ChildProgram> {
  if (language === "Python")
    return pythonWorker({ ...pythonApp(site, { settings, ledger }), queues: [queue] });
  const app = "interop-python/programs/interop-app.ts";
  return qWorker({ app, broker: site.broker, settings, ledger, args: ["-Q", queue, "-c", "2"] });
}

onEachBroker("a mixed fleet", (openSite, broker) => {
  const site = suiteResource(openSite);

  it("shares 200 tasks of both clients between the workers of both languages", async () => {
    await using ledger = await openLedger();
    const queue = "shared";
    const count = 100;
    // Nobody is lost here, and nobody who is slow is to be taken for that.
    const settings = { task_ignore_result: true };
    const place = { site: site(), settings, queue, ledger };
    await using app = clientApp(site(), { settings });
    await using python = await pythonClient(pythonApp(site(), { settings }));
    const [pythonSide, qSide] = await Promise.all([startWorker("Python", place), startWorker("Q", place)]);
    await using _workers = disposeAll([pythonSide, qSide]);

    const ids = Array.from({ length: count }, (_, index) => [`p${index}`, `q${index}`]).flat();
    const code = "for i in range(args): app.send_task('interop.ledger', [f'p{i}', 0.005], queue='shared')";
    await Promise.all([
      python.run(code, count),
      ...Array.from({ length: count }, (_, index) =>
        app.sendTask("interop.ledger", [`q${index}`, 0.005], { queue }),
      ),
    ]);
    const report = await waitUntil(() => ledger.read(), {
      accept: (read) => read.lost(ids).length === 0,
      what: "all tasks to have run",
      timeoutMs: 30_000,
    });

    expect(report.duplicates()).toEqual(new Map());
    const byPython = report.entries.filter(
      ({ event, pid }) => event === "end" && pid === pythonSide.pid,
    ).length;
    const byQ = report.entries.filter(({ event, pid }) => event === "end" && pid === qSide.pid).length;
    expect(byPython + byQ).toBe(2 * count);
    expect(Math.min(byPython, byQ)).toBeGreaterThan(0);
  });

  it("gives idle workers of both languages their share of tasks that come one by one", async () => {
    await using ledger = await openLedger();
    const settings = { task_ignore_result: true };
    const place = { site: site(), settings, queue: "idle", ledger };
    await using app = clientApp(site(), { settings });
    const [pythonSide, qSide] = await Promise.all([startWorker("Python", place), startWorker("Q", place)]);
    await using _workers = disposeAll([pythonSide, qSide]);
    for (let n = 0; n < 20; n++) {
      await app.sendTask("interop.ledger", [`i${n}`, 0.02], { queue: "idle" });
      await waitUntil(async () => (await ledger.read()).ends.size > n);
    }
    const { entries } = await ledger.read();
    for (const { pid } of [pythonSide, qSide])
      expect(entries.filter((one) => one.event === "end" && one.pid === pid).length).toBeGreaterThan(4);
  });

  it("loses none of 200 tasks while its workers are replaced one after the other, ours without a warning", async () => {
    await using ledger = await openLedger();
    const settings = settingsFor(broker);
    const place = { site: site(), settings, queue: "replaced", ledger };
    await using app = clientApp(site(), { settings });
    const workers = await Promise.all(
      (["Q", "Python", "Q", "Python"] as const).map((language) => startWorker(language, place)),
    );
    await using _workers = disposeAll(workers);
    const ids = Array.from({ length: 200 }, (_, index) => `r${index}`);
    await Promise.all(ids.map((id) => app.sendTask("interop.ledger", [id, 0.05], { queue: "replaced" })));
    const ended = async (): Promise<number> => (await ledger.read()).ends.size;

    for (const [index, worker] of [...workers].entries()) {
      await waitUntil(async () => (await ended()) >= (index + 1) * 25, { timeoutMs: 30_000 });
      const language = index % 2 === 0 ? "Q" : "Python";
      // A Python worker that is killed on Redis may lose what it has just taken from its list.
      await worker.stop(language === "Q" ? "SIGKILL" : "SIGTERM");
      workers.push(await startWorker(language, place));
    }
    const report = await waitUntil(() => ledger.read(), {
      accept: (read) => read.lost(ids).length === 0,
      what: "all tasks to have run",
      timeoutMs: 40_000,
    });
    // What a killed worker ran, and what it held: two slots, one message more for each, and acknowledgements under way.
    expect(report.duplicates().size).toBeLessThanOrEqual(2 * 8);
  });

  it.each<[Language, Language]>([
    ["Q", "Python"],
    ["Python", "Q"],
  ])(
    "finishes what a killed %s worker began in a %s worker, which sees it as redelivered",
    async (victim, heir) => {
      await using ledger = await openLedger();
      const queue = `heritage-of-${victim}`;
      const settings = settingsFor(broker);
      const place = { site: site(), settings, queue, ledger };
      await using app = clientApp(site(), { settings });
      await using first = await startWorker(victim, place);
      await app.sendTask("interop.survivor", ["one", 60], { queue });
      const begun = {
        accept: (entries: readonly unknown[]) => entries.length > 0,
        what: "the task to begin",
      };
      await waitUntil(async () => (await ledger.read()).entries, begun);
      await first.stop("SIGKILL");
      // Python looks for lost messages when it starts and then every 100 s only: not before they have been lost.
      const lostAt = Date.now() + (broker === "Redis" ? visibilityTimeout * 1000 + 100 : 0);
      await waitUntil(() => Date.now() >= lostAt, { what: "the visibility timeout" });

      await using _second = await startWorker(heir, place);
      const report = await waitUntil(() => ledger.read(), {
        accept: (read) => read.lost(["one"]).length === 0,
        what: "the task to have ended",
        timeoutMs: 30_000,
      });
      const ends = report.entries
        .filter(({ event }) => event === "end")
        .map(({ id, attempt }) => `${id} ${attempt}`);
      expect(ends).toEqual(["one 1"]);
    },
  );

  it.each<[Language, Language]>([
    ["Q", "Python"],
    ["Python", "Q"],
  ])("serves what a %s client sends to a %s worker by priority", async (client, worker) => {
    await using ledger = await openLedger();
    const queue = `by-priority-of-${client}`;
    const settings = {
      worker_prefetch_multiplier: 1,
      task_queues: [{ name: queue, max_priority: 10 }],
      task_ignore_result: true,
    };
    const priorities = [3, 9, 0, 6, 9, 0];
    if (client === "Python") {
      await using python = await pythonClient(pythonApp(site(), { settings }));
      for (const priority of priorities)
        await python.send("interop.ledger", [`p${priority}`], { queue, priority });
    } else {
      await using app = clientApp(site(), { settings });
      for (const priority of priorities)
        await app.sendTask("interop.ledger", [`p${priority}`], { queue, priority });
    }

    const app = interopApp(site(), { settings, ledger: ledger.path });
    await using _worker =
      worker === "Python"
        ? await pythonWorker({ ...pythonApp(site(), { settings, ledger: ledger.path }), queues: [queue] })
        : await workerInProcess(app, { queues: [queue], concurrency: 1 });
    const ended = async (): Promise<number[]> => {
      const { entries } = await ledger.read();
      return entries.filter(({ event }) => event === "end").map(({ id }) => Number(String(id).slice(1)));
    };
    const order = await waitUntil(ended, { accept: (ids) => ids.length === priorities.length });
    const ascending = priorities.toSorted((a, b) => a - b);
    expect(order).toEqual(broker === "Redis" ? ascending : ascending.toReversed());
    await app.close();
  });
});

function disposeAll(programs: readonly ChildProgram[]): AsyncDisposable {
  return {
    async [Symbol.asyncDispose]() {
      await Promise.all(programs.map((program) => program[Symbol.asyncDispose]()));
    },
  };
}
