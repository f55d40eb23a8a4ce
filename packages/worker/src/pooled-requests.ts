import { constants } from "node:os";
import { asError, TransitMap, WorkerLostError } from "@q/kernel";
import { TaskRevokedError } from "@q/core";
import type { ExecutorIdentity, Job, Outcome, Pool } from "@q/pool";
import { packPayload } from "./executor/packed-payload.ts";
import type { TaskLimits } from "./task-limits.ts";
import type { TracePayload } from "./trace.ts";
import type { WorkerRequest } from "./worker-request.ts";

/** What it takes to give requests to a pool, and who hears of them. */
export interface PooledRequestsParts {
  readonly pool: Pool;
  readonly limits: TaskLimits;
  /** See {@link TracePayload.reportResult}. */
  readonly reportsResults: () => boolean;
  readonly onAccepted: (request: WorkerRequest, by: ExecutorIdentity) => void;
  readonly onOutcome: (request: WorkerRequest, outcome: Outcome) => void;
}

interface RequestJob extends Job {
  readonly request: WorkerRequest;
}

/**
 * The requests that the pool has. Some run; others may wait inside, at an executor that is busy, so that it has the
 * next one at hand: those can be had back.
 */
export class PooledRequests {
  readonly #parts: PooledRequestsParts;
  readonly #pool: Pool;
  readonly #sharesMemory: boolean;
  readonly #requests = new TransitMap<string, WorkerRequest>();

  constructor(parts: PooledRequestsParts) {
    this.#parts = parts;
    this.#pool = parts.pool;
    this.#sharesMemory = parts.pool.capabilities.isolation === "none";
  }

  /** Those that run. */
  get running(): readonly WorkerRequest[] {
    return [...this.#requests.values()].filter(({ state }) => state === "running");
  }

  /** Those that wait inside. */
  get waiting(): readonly WorkerRequest[] {
    return [...this.#requests.values()].filter(({ state }) => state === "waiting");
  }

  /** A request would run as soon as the pool has it. */
  get hasFreeSlots(): boolean {
    return this.#pool.running < this.#pool.slots;
  }

  /** Whether the pool takes this request now. What can expire does not wait inside, where nobody looks at the time. */
  takes(request: WorkerRequest): boolean {
    const { expires } = request.request.headers;
    if (expires !== null && expires !== undefined) return this.hasFreeSlots;
    return this.#pool.running < this.#pool.capacity;
  }

  find(id: string): WorkerRequest | undefined {
    return this.#requests.get(id);
  }

  give(request: WorkerRequest): void {
    const { limits, reportsResults, onAccepted, onOutcome } = this.#parts;
    const times = limits.timesOf(request.task);
    const { message, request: read } = request;
    const payload: TracePayload = {
      message,
      deliveryInfo: read.deliveryInfo,
      reportResult: reportsResults(),
    };
    const job: RequestJob = {
      id: request.id,
      request,
      payload: this.#sharesMemory ? { ...payload, request: read } : packPayload(payload, request.envelope),
      softLimitMs: (read.softTimeLimit ?? times.soft ?? 0) * 1000,
      hardLimitMs: (read.timeLimit ?? times.hard ?? 0) * 1000,
      onAccepted: (by) => onAccepted(request, by),
    };
    request.envelope = undefined;
    this.#requests.set(request.id, request);
    const end = (outcome: Outcome): void => {
      this.#forget(request);
      onOutcome(request, outcome);
    };
    try {
      this.#pool.submit(job, end);
    } catch (thrown) {
      // None of ours throws; somebody else's may, and the message is not to blame.
      const cause = asError(thrown);
      const reason = new WorkerLostError(`the pool could not take the task: ${cause.message}`, { cause });
      end({ status: "lost", reason });
    }
  }

  /** Takes back those that do not run yet. */
  withdraw(matches: (request: WorkerRequest) => boolean = () => true): readonly WorkerRequest[] {
    const jobs = this.#pool.withdraw((job) => matches((job as RequestJob).request));
    const requests = jobs.map((job) => (job as RequestJob).request);
    for (const request of requests) this.#forget(request);
    return requests;
  }

  /** Ends the one of that id. False when there is none. */
  terminate(id: string, signal: NodeJS.Signals): boolean {
    const request = this.#requests.get(id);
    if (request) request.signum = constants.signals[signal];
    return this.#pool.terminate(id, new TaskRevokedError("terminated"), { signal });
  }

  #forget(request: WorkerRequest): void {
    if (this.#requests.get(request.id) === request) this.#requests.delete(request.id);
  }
}
