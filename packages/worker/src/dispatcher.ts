import { asError, type Clock, type Logger } from "@q/kernel";
import type { Consumer, Delivery, Settlement } from "@q/messaging";
import { type App, TaskRevokedError } from "@q/core";
import type { ExecutorIdentity, Outcome, Pool } from "@q/pool";
import { settlementOf, type LostOutcome } from "./acknowledgement.ts";
import { decodeOutcome, type TransferredOutcome } from "./executor/transferred-outcome.ts";
import type { Desk } from "./desk.ts";
import { EtaQueue } from "./eta-queue.ts";
import { Losses, type LossesParts } from "./losses.ts";
import { PooledRequests } from "./pooled-requests.ts";
import { PrefetchWindow } from "./prefetch-window.ts";
import { ReadyQueue } from "./ready-queue.ts";
import type { Reporter } from "./reporter.ts";
import { RateLimits } from "./rate-limits.ts";
import type { RevokedSet } from "./revoked-set.ts";
import type { RevokedStamps } from "./revoked-stamps.ts";
import type { TaskLimits } from "./task-limits.ts";
import type { TraceOutcome } from "./trace.ts";
import { UnfinishedWork } from "./unfinished-work.ts";
import { WorkAhead } from "./work-ahead.ts";
import type { WorkerRequest } from "./worker-request.ts";

/** What a dispatcher works with. */
export interface DispatcherParts {
  readonly app: App;
  readonly hostname: string;
  readonly pool: Pool;
  readonly revoked: RevokedSet;
  readonly revokedStamps: RevokedStamps;
  readonly limits: TaskLimits;
  /** Rate limits of tasks count. */
  readonly limitsRates: boolean;
  readonly reporter: Reporter;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Moves a message to the parking queue of its queue. */
  readonly park: (delivery: Delivery, error: Error) => Promise<void>;
  /** Messages that cannot be used are parked; otherwise they are settled as told. */
  readonly parksUnusable: boolean;
  /** Publishes a message again whose task has ended its executor. */
  readonly giveBack: LossesParts["giveBack"];
  /** Crashes after which a task is not run again; 0 for no limit. */
  readonly crashLimit: number;
  /** Messages per slot that the worker may hold; 0 means no limit, `auto` one and what {@link WorkAhead} adds. */
  readonly prefetchMultiplier: number | "auto";
  /** Most scheduled tasks held in memory; `null` for no limit. */
  readonly etaLimit: number | null;
}

/**
 * Between the deliveries and the pool: holds what waits for a slot or for its time, runs what can run, and settles
 * each message once, by the policy of its task.
 *
 * A request is *waiting* (for a slot) or *scheduled* (for its time), then *running*, then *done*. While *stopping*,
 * nothing starts any more, and what has not started goes back to the broker.
 */
export class Dispatcher implements Desk {
  readonly app: App;
  readonly hostname: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Tasks begun so far, by name. */
  readonly totals: Map<string, number> = new Map();
  readonly #rates: RateLimits;
  readonly #parts: DispatcherParts;
  readonly #pool: Pool;
  readonly #ready: ReadyQueue<WorkerRequest> = new ReadyQueue();
  readonly #scheduled: EtaQueue<WorkerRequest>;
  readonly #pooled: PooledRequests;
  readonly #ahead: WorkAhead;
  readonly #window: PrefetchWindow;
  readonly #losses: Losses;
  /** What still has to be stored, sent or settled for requests that have ended. */
  readonly #unfinished: UnfinishedWork;
  #consumer: Consumer | undefined;
  /** Ended here only to run again elsewhere: that is no failure. */
  readonly #cancelled = new WeakSet<WorkerRequest>();
  #isStopping = false;
  #isPumping = false;
  #abandoned = false;

  constructor(parts: DispatcherParts) {
    this.#parts = parts;
    this.app = parts.app;
    this.hostname = parts.hostname;
    this.clock = parts.clock;
    this.logger = parts.logger;
    this.#unfinished = new UnfinishedWork(parts.clock);
    this.#rates = new RateLimits(parts.clock);
    this.#pool = parts.pool;
    this.#pooled = new PooledRequests({
      pool: parts.pool,
      limits: parts.limits,
      reportsResults: () => parts.reporter.reportsResults,
      onAccepted: (request, by) => this.#accepted(request, by),
      onOutcome: (request, outcome) => this.#finish(request, outcome),
    });
    this.#scheduled = new EtaQueue(parts.clock, (request) => this.enqueue(request));
    this.#ahead = new WorkAhead({
      clock: parts.clock,
      pool: parts.pool,
      multiplier: parts.prefetchMultiplier,
      requests: this,
      giveBack: (requests) => this.#giveBack(this.#takeWaiting((request) => requests.has(request))),
    });
    this.#window = new PrefetchWindow({
      capacity: () => this.#ahead.capacity,
      scheduled: () => this.#scheduled.size,
      etaLimit: parts.etaLimit,
      apply: (prefetch) => this.#consumer?.setPrefetch(prefetch),
    });
    this.#losses = new Losses({ ...parts, settle: (request, how) => this.#settle(request, how) });
  }

  /** The consumer that deliveries come from and settlements go to. */
  connect(consumer: Consumer, broker: { exactPrefetch: boolean; returnsUnmarked: boolean }): void {
    this.#consumer = consumer;
    this.#window.countEarlyAcks = broker.exactPrefetch;
    this.#ahead.connect(broker);
  }

  get prefetch(): number {
    return this.#window.size;
  }

  /** Holds so many more, or fewer, than slots and multiplier say. */
  adjustPrefetch(by: number): void {
    this.#window.adjustment += by;
    this.#window.refresh();
  }

  /** The pool could run another task. */
  hasFreeSlots(): boolean {
    return this.#ready.size === 0 && this.#pooled.hasFreeSlots;
  }

  get running(): readonly WorkerRequest[] {
    return this.#pooled.running;
  }

  /** Those that wait for a slot, here or in the pool. */
  get waiting(): readonly WorkerRequest[] {
    return [...this.#pooled.waiting, ...this.#ready.items()];
  }

  get scheduled(): readonly { readonly item: WorkerRequest; readonly dueMs: number }[] {
    return this.#scheduled.entries();
  }

  isRevoked(request: WorkerRequest): boolean {
    const { revoked, revokedStamps } = this.#parts;
    return revoked.has(request.id) || revokedStamps.covers(request.request.stamps);
  }

  enqueue(request: WorkerRequest): void {
    if (request.isLimited) request.isLimited = false;
    else if (this.#parts.limitsRates && this.#limit(request)) return;
    request.state = "waiting";
    this.#ready.push(request);
    this.#pump();
    this.#ahead.watch();
  }

  schedule(request: WorkerRequest, dueMs: number): void {
    request.state = "scheduled";
    this.#scheduled.add(request, dueMs);
    this.#window.refresh();
  }

  adopt(request: WorkerRequest): boolean {
    const running = this.#pooled.find(request.id);
    if (running === undefined || running.acknowledged || !running.isDeliveredAgainAs(request)) return false;
    this.logger.warn(
      request.logFields,
      "a running task was delivered again; it goes on and settles the new delivery",
    );
    running.delivery = request.delivery;
    return true;
  }

  revoke(request: WorkerRequest, why: { expired: boolean }): void {
    request.state = "done";
    this.#settle(request, "ack");
    this.#unfinished.add(this.#parts.reporter.revoked(request, { ...why, terminated: false }));
    this.#window.refresh();
  }

  /** Ends what waits or is scheduled and is revoked by now. */
  dropRevoked(): void {
    const isMeant = (request: WorkerRequest): boolean => this.isRevoked(request);
    const dropped = [...this.#takeWaiting(isMeant), ...this.#scheduled.remove(isMeant)];
    for (const request of dropped) this.revoke(request, { expired: false });
    for (const name of new Set(dropped.filter((one) => one.isLimited).map((one) => one.task.name)))
      this.#limitAnew(name);
  }

  /** Ends what runs under one of these ids; returns those that did. */
  terminate(ids: readonly string[], signal: NodeJS.Signals = "SIGTERM"): string[] {
    return ids.filter((id) => this.#pooled.terminate(id, signal));
  }

  /** A task may begin more or less often from here on. */
  rateChanged(taskName: string): void {
    this.#rates.reset(taskName);
    this.#limitAnew(taskName);
  }

  discard(delivery: Delivery, error: Error, fate: Settlement): void {
    const { park, parksUnusable, reporter } = this.#parts;
    reporter.discarded(delivery, { error, fate: parksUnusable || delivery.isParked ? "park" : fate });
    if (!parksUnusable) return void this.#consumer?.settle(delivery, fate);
    const parked = park(delivery, error).then(
      () => void this.#consumer?.settle(delivery, "ack"),
      (err: unknown) => {
        this.logger.error(
          { err, queue: delivery.queue },
          "a message could not be parked and goes back to its queue",
        );
        this.#consumer?.settle(delivery, "requeue");
      },
    );
    this.#unfinished.add(parked);
  }

  /** Resolves when all that follows from ended requests is stored, sent and settled, or the time is over. */
  settled(timeoutMs: number = Infinity): Promise<void> {
    return this.#unfinished.ended(timeoutMs);
  }

  /** The pool has got more or fewer slots. */
  resized(): void {
    this.#pump();
    this.#window.refresh();
  }

  /** The session is gone: what has not started will be delivered again, so it is forgotten here. */
  forgetUnstarted(): void {
    this.#pooled.withdraw();
    this.#ready.clear();
    this.#scheduled.clear();
    this.#window.refresh();
  }

  /** Gives back what has not started and starts nothing more. */
  giveBackUnstarted(): void {
    this.#isStopping = true;
    this.#giveBack([...this.#pooled.withdraw(), ...this.#ready.clear(), ...this.#scheduled.clear()]);
  }

  /** Ends what runs; messages not yet acknowledged go back to the broker. */
  abandon(reason: Error): void {
    this.#isStopping = true;
    this.#abandoned = true;
    this.#pool.terminateAll(reason);
  }

  /** Ends running tasks with late acknowledgement, whose messages will be delivered again. */
  cancelLate(reason: Error): void {
    for (const request of this.running) {
      if (request.acknowledged) continue;
      this.#cancelled.add(request);
      this.#pool.terminate(request.id, reason);
    }
  }

  /** Gives back what has not begun, as if it had never been here. */
  #giveBack(requests: readonly WorkerRequest[]): void {
    // First, or the consumer fetches them again.
    this.#window.refresh();
    for (const request of requests) {
      this.#settle(request, "return");
      this.#parts.reporter.returned(request);
    }
  }

  /** Takes out what waits for a slot. */
  #takeWaiting(isMeant: (request: WorkerRequest) => boolean): WorkerRequest[] {
    return [...this.#pooled.withdraw(isMeant), ...this.#ready.remove(isMeant)];
  }

  #pump(): void {
    // A task that ends at once ends inside the loop, which goes on by itself: no deeper with every task.
    if (this.#isPumping) return;
    this.#isPumping = true;
    try {
      for (;;) {
        const request = this.#ready.first;
        if (this.#isStopping || request === undefined || !this.#pooled.takes(request)) return;
        this.#ready.shift();
        this.#start(request);
      }
    } finally {
      this.#isPumping = false;
    }
  }

  #start(request: WorkerRequest): void {
    if (this.#isExpired(request)) return this.revoke(request, { expired: true });
    if (this.isRevoked(request)) return this.revoke(request, { expired: false });
    this.#pooled.give(request);
  }

  /** Whether the task begins too often, so that the request waits for its turn. */
  #limit(request: WorkerRequest): boolean {
    const { task } = request;
    const waitMs = this.#rates.reserve(task.name, () => this.#parts.limits.rateOf(task));
    if (waitMs === 0) return false;
    request.isLimited = true;
    this.schedule(request, this.clock.now() + waitMs);
    return true;
  }

  /** Gives the requests of a task that wait for their turn their turns again, in their order. */
  #limitAnew(taskName: string): void {
    const isMeant = (request: WorkerRequest): boolean => request.isLimited && request.task.name === taskName;
    const inOrder = this.scheduled.map(({ item }) => item).filter(isMeant);
    this.#scheduled.remove(isMeant);
    this.#rates.release(taskName);
    for (const request of inOrder) {
      request.isLimited = false;
      this.enqueue(request);
    }
  }

  /** Expiry counts again here: the task may have waited long for its slot. */
  #isExpired({ request }: WorkerRequest): boolean {
    return request.headers["expires"] !== null && this.clock.now() > (request.expires?.getTime() ?? Infinity);
  }

  #accepted(request: WorkerRequest, by: ExecutorIdentity): void {
    request.pid = by.pid;
    if (request.state === "waiting") this.#begun(request);
    if (request.task.resolved.acksLate || request.state === "done") return;
    this.#settle(request, "ack");
    request.acknowledged = true;
    this.#window.earlyAcked++;
    this.#window.refresh();
  }

  #begun(request: WorkerRequest): void {
    request.state = "running";
    request.startedMs = this.clock.now();
    this.totals.set(request.task.name, (this.totals.get(request.task.name) ?? 0) + 1);
    this.#parts.reporter.started(request);
  }

  #finish(request: WorkerRequest, outcome: Outcome): void {
    request.state = "done";
    if (request.acknowledged) this.#window.earlyAcked--;
    this.#ahead.ended();
    this.#conclude(request, this.#endOf(outcome));
    this.#pump();
    this.#window.refresh();
  }

  #endOf(outcome: Outcome): TraceOutcome | LostOutcome {
    if (outcome.status === "done") return decodeOutcome(outcome.value as TransferredOutcome);
    if (outcome.status !== "failed") return outcome;
    return { status: "FAILURE", error: asError(outcome.error), isExpected: false, runtimeSeconds: 0 };
  }

  #conclude(request: WorkerRequest, end: TraceOutcome | LostOutcome): void {
    const { reporter } = this.#parts;
    if (end.status === "UNDECODABLE" || end.status === "INVALID") {
      this.discard(request.delivery, end.error, settlementOf(end, request.task.resolved));
      return;
    }
    if (end.status === "timed out" || end.status === "lost") return this.#lose(request, end);
    reporter.ended(request, end);
    this.#settle(request, settlementOf(end, request.task.resolved));
  }

  /** Its executor could not report the end of the request. */
  #lose(request: WorkerRequest, end: LostOutcome): void {
    if (end.status === "lost" && end.reason instanceof TaskRevokedError) {
      const { signum } = request;
      const why = { expired: false, terminated: true, ...(signum !== undefined && { signum }) };
      this.#unfinished.add(this.#parts.reporter.revoked(request, why));
      return this.#settle(request, "ack");
    }
    const runsElsewhere = end.status === "lost" && (this.#abandoned || this.#cancelled.has(request));
    if (runsElsewhere && !request.acknowledged) return this.#settle(request, "requeue");
    this.#unfinished.add(this.#losses.deal(request, end));
  }

  #settle(request: WorkerRequest, how: Settlement): void {
    if (request.acknowledged) return;
    const settled = this.#consumer?.settle(request.delivery, how) ?? false;
    if (!settled && request.startedMs !== undefined) {
      this.logger.warn(
        request.logFields,
        "a task ended after its connection was lost; the broker delivers it again",
      );
    }
  }
}
