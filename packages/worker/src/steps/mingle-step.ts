import { recordsRevocations } from "@q/core/internal/control";
import type { Bootstep } from "../blueprint.ts";
import type { Worker } from "../worker.ts";

/** Seconds that the answers of other workers are waited for, as in Celery. */
const MINGLE_SECONDS = 1;

/**
 * Asks the other workers which tasks are revoked, and takes over their logical clocks. The start waits for the answers
 * unless revocations are recorded in the result backend anyway.
 *
 * @see celery/worker/consumer/mingle.py
 */
export function mingleStep(): Bootstep<Worker> {
  const stopping = new AbortController();
  let running: Promise<void> | undefined;
  return {
    name: "mingle",
    requires: ["control"],
    async start(worker) {
      const { app, connection, logger } = worker;
      if (worker.options.withoutMingle || worker.isStopping || connection === undefined) return;
      if (!app.conf.workerEnableRemoteControl) return;
      const { exchangeTypes, multiProcess } = (await connection.transport()).capabilities;
      if (!exchangeTypes.includes("fanout") || !multiProcess) return;
      running = mingle(worker, stopping.signal).catch((err: unknown) => {
        logger.warn({ err }, "the other workers could not be asked what is revoked");
      });
      if (!(await recordsRevocations(app).catch(() => false))) await running;
    },
    async stop() {
      stopping.abort();
      await running;
    },
  };
}

async function mingle(worker: Worker, signal: AbortSignal): Promise<void> {
  const { app, hostname, logger, revoked } = worker;
  const answers = await app.control
    .inspect({
      timeout: MINGLE_SECONDS,
      signal,
      callback: (reply) => {
        for (const [node, answer] of Object.entries(reply)) {
          if (node !== hostname && answer !== null) takeOver(worker, answer);
        }
      },
    })
    .hello(hostname, revoked.forPeers());
  const nodes = Object.keys(answers).filter((node) => node !== hostname);
  logger.info({ nodes: nodes.length }, nodes.length === 0 ? "mingle: all alone" : "mingle: sync complete");
}

function takeOver(worker: Worker, answer: unknown): void {
  const { clock, revoked, revoked_stamps: stamps } = answer as Readonly<Record<string, unknown>>;
  worker.app.logicalClock.adjust(clock);
  worker.revoked.merge(revoked);
  worker.revokedStamps.merge(stamps);
  worker.dispatcher?.dropRevoked();
}
