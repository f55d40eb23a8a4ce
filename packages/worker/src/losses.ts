import { asError, type Logger } from "@q/kernel";
import type { Delivery, Settlement, WireMessage } from "@q/messaging";
import { errorOf, type LostOutcome, settlementOf } from "./acknowledgement.ts";
import { CrashLimitError, crashesOf } from "./crash-counter.ts";
import type { Reporter } from "./reporter.ts";
import type { WorkerRequest } from "./worker-request.ts";

/** What it takes to deal with requests that were lost. */
export interface LossesParts {
  readonly reporter: Reporter;
  readonly logger: Logger;
  /** Crashes after which a task is not run again; 0 for no limit. */
  readonly crashLimit: number;
  /** Publishes the message again, with this count. */
  readonly giveBack: (from: {
    readonly delivery: Delivery;
    readonly message: WireMessage;
    readonly crashes: number;
  }) => Promise<void>;
  /** Moves the message to the parking queue. */
  readonly park: (delivery: Delivery, error: Error) => Promise<void>;
  readonly settle: (request: WorkerRequest, how: Settlement) => void;
}

/**
 * Deals with requests whose executor could not report their end: it died, or was killed at a hard limit. Each is run
 * again where its task asks for that, or fails; one that keeps ending its executor fails and is parked.
 */
export class Losses {
  readonly #parts: LossesParts;

  constructor(parts: LossesParts) {
    this.#parts = parts;
  }

  /** Resolves when everything is stored, sent and settled. Never rejects. */
  async deal(request: WorkerRequest, end: LostOutcome): Promise<void> {
    const how = request.acknowledged ? "ack" : settlementOf(end, request.task.resolved);
    if (how !== "requeue") {
      await this.#parts.reporter.lost(request, end);
      return this.#parts.settle(request, how);
    }
    const { crashLimit, logger } = this.#parts;
    const crashes = crashesOf(request.message) + 1;
    if (crashLimit > 0 && crashes >= crashLimit) return this.#stop(request, end, crashes);
    logger.error(
      { ...request.logFields, err: errorOf(end), crashes, crashLimit },
      "task was lost with its executor and goes back to its queue",
    );
    if (crashLimit === 0) return this.#parts.settle(request, "requeue");
    await this.#giveBack(request, crashes);
  }

  async #giveBack(request: WorkerRequest, crashes: number): Promise<void> {
    const { giveBack, logger, settle } = this.#parts;
    try {
      await giveBack({ delivery: request.delivery, message: request.message, crashes });
      settle(request, "ack");
    } catch (err) {
      logger.warn(
        { ...request.logFields, err },
        "the crash of a task could not be counted; its message goes back",
      );
      settle(request, "requeue");
    }
  }

  async #stop(request: WorkerRequest, end: LostOutcome, crashes: number): Promise<void> {
    const { reporter, park, settle, logger } = this.#parts;
    const reason = new CrashLimitError(crashes, errorOf(end));
    await reporter.lost(request, { status: "lost", reason });
    try {
      await park(request.delivery, reason);
      settle(request, "ack");
    } catch (thrown) {
      logger.error(
        { ...request.logFields, err: asError(thrown) },
        "a task that ends its executors could not be parked; its message is rejected",
      );
      settle(request, "reject");
    }
  }
}
