import type { Bootstep } from "../blueprint.ts";
import { BlockDetector } from "../debugging/block-detector.ts";
import type { Worker } from "../worker.ts";

/**
 * Warns of tasks that block the event loop for longer than the seconds in `EVENTLET_NOBLOCK`, where tasks run on that of
 * the worker. Eventlet ends such a task; JavaScript cannot.
 *
 * @see celery/concurrency/eventlet.py
 */
export function blockDetectorStep(): Bootstep<Worker> {
  let detector: BlockDetector | undefined;
  return {
    name: "block detector",
    requires: ["executor"],
    async start({ logger, pool }) {
      const limitMs = Number(process.env["EVENTLET_NOBLOCK"] ?? "") * 1000;
      if (!(limitMs > 0) || pool?.capabilities.isolation !== "none") return;
      detector = new BlockDetector(limitMs, (blockedMs) =>
        logger.warn({ blockedMs }, "the event loop was blocked: tasks that calculate belong in processes"),
      );
    },
    async stop() {
      detector?.[Symbol.dispose]();
    },
  };
}
