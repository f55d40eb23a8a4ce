import { type App, createApp } from "@q/core";
import { expect, it } from "vitest";
import { openLedger, requires, seededRandom, suiteResource, waitUntil } from "../harness/index.ts";
import { brokers } from "./brokers.ts";
import { unexplainedRepeats } from "./executions.ts";
import { Fleet } from "./fleet.ts";

// `Q_TEST_FULL=1` runs the size that the project promises; by default a small part, which takes a few seconds.
const isFull = process.env["Q_TEST_FULL"] === "1";
const size = isFull ? { tasks: 5000, kills: 100 } : { tasks: 300, kills: 6 };

/** Publishes the tasks and returns the ids that the broker has confirmed. */
async function publish(app: App, durationsMs: readonly number[]): Promise<string[]> {
  const sent = durationsMs.map((ms) => app.sendTask("recovery.late", [ms]));
  return (await Promise.all(sent)).map((result) => result.id);
}

const kinds = brokers.flatMap((broker) => ["async", "prefork"].map((pool) => ({ broker, pool })));

for (const { broker, pool } of kinds) {
  requires(...broker.needs)(`Workers that are killed, with -P ${pool} on ${broker.name}`, () => {
    const opened = suiteResource(broker.open);

    it(
      `lose none of ${size.tasks} tasks in ${size.kills} kills and repeat only what was in flight`,
      async () => {
        const random = seededRandom();
        const { url, settings } = opened();
        await using ledger = await openLedger();
        await using app = createApp("publisher", { broker: url, taskIgnoreResult: true, ...settings });
        const durationsMs = Array.from({ length: size.tasks }, () => random.int(0, 60));
        const ids = await publish(app, durationsMs);
        const args = ["-c", "4"];
        await using fleet = await Fleet.start(3, {
          app: "recovery/app.mjs",
          broker: url,
          settings,
          ledger: ledger.path,
          pool,
          args,
        });
        const ended = async (): Promise<number> => {
          fleet.check();
          return (await ledger.read()).ends.size;
        };
        // Progress decides when the next kill is due, so that the kills spread over all tasks on any machine.
        for (let kill = 1; kill <= size.kills; kill++) {
          const due = Math.floor((size.tasks * (kill - random.next())) / (size.kills + 1));
          await waitUntil(ended, {
            accept: (count) => count >= due,
            timeoutMs: 60_000,
            what: `${due} ends (seed ${random.seed})`,
          });
          await waitUntil(() => fleet.ready.length > 0, {
            what: `a worker to kill (seed ${random.seed})`,
            timeoutMs: 30_000,
          });
          fleet.kill(random.pick(fleet.ready));
        }
        await waitUntil(ended, {
          accept: (count) => count >= size.tasks,
          timeoutMs: 60_000,
          what: `all ends (seed ${random.seed})`,
        });
        const report = await ledger.read();
        expect(report.lost(ids), `seed ${random.seed}`).toEqual([]);
        expect(unexplainedRepeats(report, fleet.kills), `seed ${random.seed}`).toEqual([]);
        // Four slots, and as much prefetched per slot: what a broker gives one worker unsettled.
        const inFlight = size.kills * 16;
        expect(report.starts.size, `seed ${random.seed}`).toBe(size.tasks);
        expect(
          report.entries.filter(({ event }) => event === "start").length - size.tasks,
        ).toBeLessThanOrEqual(inFlight);
        if (isFull)
          process.stdout.write(
            `${broker.name}, ${pool}: ${report.duplicates().size} of ${size.tasks} tasks ran again after ${size.kills} kills\n`,
          );
      },
      isFull ? 3_600_000 : 300_000,
    );
  });
}
