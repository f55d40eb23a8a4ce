import type { Clock, Logger } from "@q/kernel";
import type { Delivery, Settlement } from "@q/messaging";
import type { App } from "@q/core";
import type { WorkerRequest } from "./worker-request.ts";

/** What strategies work with: the parts of a worker that decide about a request. */
export interface Desk {
  readonly app: App;
  readonly hostname: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** The request was revoked, by its id or by one of its stamps. */
  isRevoked(request: WorkerRequest): boolean;
  /** Runs a request as soon as a slot is free. */
  enqueue(request: WorkerRequest): void;
  /** Runs a request at a time, wall-clock milliseconds. */
  schedule(request: WorkerRequest, dueMs: number): void;
  /** True when the request is a redelivery of one that is running here, which now settles the new delivery. */
  adopt(request: WorkerRequest): boolean;
  /** Ends a request that must not run. */
  revoke(request: WorkerRequest, why: { expired: boolean }): void;
  /** Ends a delivery that cannot become a request, or whose request turned out to be unusable. */
  discard(delivery: Delivery, error: Error, fate: Settlement): void;
}
