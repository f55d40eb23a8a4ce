import type { Logger } from "@q/kernel";
import type { ResultBackend } from "@q/backends";
import type { BodyCodec, Connection, Consumer, Queue } from "@q/messaging";
import type { App } from "@q/core";
import { recordedRevocations } from "@q/core/internal/control";
import type { Pool, PoolStats } from "@q/pool";
import { Blueprint } from "./blueprint.ts";
import type { Dispatcher } from "./dispatcher.ts";
import { isInsideExecutor, NestedWorkerError } from "./executor/inside-executor.ts";
import type { Gossip } from "./gossip.ts";
import { nodeName } from "./node-name.ts";
import type { MonitorServer } from "./monitor/monitor-server.ts";
import type { WorkerEvents } from "./monitor/worker-events.ts";
import { PoolControl, type RestartPoolOptions } from "./pool-control.ts";
import { Reporter } from "./reporter.ts";
import { RevokedSet } from "./revoked-set.ts";
import { RevokedStamps } from "./revoked-stamps.ts";
import { workerStatistics } from "./panel/statistics.ts";
import { Shutdown, type StopMode } from "./shutdown.ts";
import { workerSteps } from "./steps/worker-steps.ts";
import { TaskLimits } from "./task-limits.ts";
import { checkWorkerOptions, type WorkerOptions } from "./worker-options.ts";

const DAY_MS = 86_400_000;

/** What the worker runs tasks with. */
interface Executing {
  readonly codec: BodyCodec;
  readonly backend: ResultBackend | undefined;
  readonly pool: Pool;
}

/** What the worker consumes with, once it does. */
interface Consuming {
  readonly dispatcher: Dispatcher;
  readonly consumer: Consumer;
  readonly queues: readonly Queue[];
}

/**
 * A worker: takes task messages from the broker and runs them.
 *
 * States: *new* → `start` → *running* → `stop` → *stopping* (takes nothing, gives back what has not started, waits for
 * what runs) → *stopped*. A second `stop("cold")` while stopping ends what still runs. A worker starts once.
 */
export class Worker implements AsyncDisposable {
  readonly app: App;
  readonly hostname: string;
  readonly options: WorkerOptions;
  readonly logger: Logger;
  readonly revoked: RevokedSet;
  readonly revokedStamps: RevokedStamps;
  /** What remote control has changed about tasks. */
  readonly limits: TaskLimits = new TaskLimits();
  /** Monotonic milliseconds. */
  readonly startedAtMs: number;
  /** Changes the pool of a running worker. @internal */
  readonly poolControl: PoolControl;
  /** Modules that executors import besides the app's own. @internal */
  readonly include: string[];
  /** Where it serves its health and its metrics, with the option `http`. */
  monitor: MonitorServer | undefined;
  /** What it knows of the other workers, unless it does not listen to them. */
  gossip: Gossip | undefined;
  readonly #blueprint: Blueprint<Worker>;
  readonly #shutdown: Shutdown;
  #executing: Executing | undefined;
  #connection: Connection | undefined;
  #consuming: Consuming | undefined;
  #reporter: Reporter | undefined;
  #events: WorkerEvents | undefined;
  #keepAlive: NodeJS.Timeout | undefined;

  /** @throws {ImproperlyConfiguredError} for an option that does not exist */
  constructor(app: App, options: WorkerOptions = {}) {
    checkWorkerOptions(options);
    this.app = app;
    this.options = options;
    this.hostname = nodeName(options.hostname);
    this.logger = options.logger ?? app.logger;
    this.revoked = new RevokedSet(app.clock);
    this.revokedStamps = new RevokedStamps(app.clock);
    this.startedAtMs = app.clock.monotonic();
    this.include = typeof options.appModule === "object" ? [...(options.appModule.include ?? [])] : [];
    this.poolControl = new PoolControl(this, this.include);
    this.#blueprint = new Blueprint([...workerSteps(), ...(options.steps ?? [])]);
    this.#shutdown = new Shutdown(this, this.#blueprint, () => clearInterval(this.#keepAlive));
  }

  /** The parts and the names of those that each requires, in the order of their start. */
  get bootsteps(): readonly { readonly name: string; readonly requires: readonly string[] }[] {
    return this.#blueprint.steps.map(({ name, requires = [] }) => ({ name, requires }));
  }

  /**
   * Resolves when the worker consumes, or was stopped before it could.
   *
   * @throws {NestedWorkerError} in a process or thread that runs the tasks of another worker
   * @throws what the first failing part threw; everything is closed again then
   */
  async start(): Promise<void> {
    if (isInsideExecutor()) throw new NestedWorkerError();
    for (const [setting, reason] of this.app.config.withoutEffect())
      this.logger.warn({ setting, reason }, "a setting has no effect");
    // A broker without a socket, or one that is down, leaves nothing else that keeps the process alive.
    this.#keepAlive = setInterval(() => {}, DAY_MS);
    try {
      await this.#blueprint.start(this, () => this.isStopping);
    } catch (error) {
      // A part that is stopped while it starts complains: that is no failure of the worker.
      if (this.isStopping && this.#shutdown.failure === undefined) return this.#shutdown.underWay;
      // The caller hears of it here: nobody has to look at `stopped` as well.
      this.stopped.catch(() => {});
      await this.stop("cold");
      throw error;
    }
    if (this.isStopping) return;
    this.logger.info(
      { hostname: this.hostname, queues: this.queues.map((queue) => queue.name) },
      "worker ready",
    );
    this.app.events.emit("worker:ready", { hostname: this.hostname });
  }

  /**
   * Ends the worker and resolves when it has ended. Does not close the app. With the setting
   * `workerSoftShutdownTimeout` the first `cold` gives running tasks so many seconds, a second one none.
   */
  stop(mode: StopMode = "warm"): Promise<void> {
    return this.#shutdown.begin(mode);
  }

  /**
   * Does not run the tasks of these ids: what waits here ends as revoked now, what comes later when it comes. With
   * `terminate` running tasks end as well: their signal aborts, and a pool that can kill them does. Returns the ids of
   * those that were running and were ended.
   */
  revoke(
    ids: readonly string[],
    options: { readonly terminate?: boolean; readonly signal?: NodeJS.Signals } = {},
  ): readonly string[] {
    for (const id of ids) this.revoked.add(id);
    this.dispatcher?.dropRevoked();
    return options.terminate ? (this.dispatcher?.terminate(ids, options.signal) ?? []) : [];
  }

  /** A task of that id runs here. */
  isRunning(id: string): boolean {
    return this.dispatcher?.running.some((request) => request.id === id) ?? false;
  }

  /** Takes over what is recorded as revoked. Never rejects. @internal */
  async recallRevocations(): Promise<void> {
    try {
      const [ids, stamps] = await Promise.all([
        recordedRevocations(this.app, "id"),
        recordedRevocations(this.app, "stamp"),
      ]);
      this.revoked.merge(ids);
      this.revokedStamps.merge(stamps);
      this.dispatcher?.dropRevoked();
    } catch (err) {
      this.logger.warn({ err }, "recorded revocations could not be read");
    }
  }

  /** Takes tasks from a queue, too; also after every reconnect. Resolves when it does. */
  async addQueue(queue: Queue): Promise<void> {
    const consuming = this.#consuming;
    if (consuming === undefined || consuming.queues.some((one) => one.name === queue.name)) return;
    this.#consuming = { ...consuming, queues: [...consuming.queues, queue] };
    await consuming.consumer.addQueue(queue);
  }

  /** Takes no more tasks from a queue; also after every reconnect. What was taken stays. */
  async cancelQueue(name: string): Promise<void> {
    const consuming = this.#consuming;
    if (consuming === undefined) return;
    this.#consuming = { ...consuming, queues: consuming.queues.filter((one) => one.name !== name) };
    await consuming.consumer.cancelQueue(name);
  }

  /** Holds so many messages more (or, when negative, fewer) than its slots and multiplier say. */
  adjustPrefetch(by: number): void {
    this.dispatcher?.adjustPrefetch(by);
  }

  /** What `inspect stats` shows. */
  statistics(): Readonly<Record<string, unknown>> {
    return workerStatistics(this);
  }

  /** It was told to end, or has ended. */
  get isStopping(): boolean {
    return this.#shutdown.underWay !== undefined;
  }

  /** Resolves when the worker has ended; rejects when it ended by itself, because the broker could not be reached. */
  get stopped(): Promise<void> {
    return this.#shutdown.ended;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  get pool(): Pool | undefined {
    return this.#executing?.pool;
  }

  /** Adds processes, threads or slots. @throws {ImproperlyConfiguredError} when the pool has a fixed size */
  growPool(by = 1): Promise<void> {
    return this.poolControl.growBy(by);
  }

  /** Takes processes, threads or slots away, never the last; what runs there ends first. @throws as {@link growPool} */
  shrinkPool(by = 1): Promise<void> {
    return this.poolControl.shrinkBy(by);
  }

  /**
   * Replaces every process or thread, each when its tasks have ended: they import the app anew.
   *
   * @throws {ImproperlyConfiguredError} when the setting `workerPoolRestarts` is off, or a module cannot be imported
   */
  restartPool(options: RestartPoolOptions = {}): Promise<void> {
    return this.poolControl.restart(options);
  }

  /** Changes the limits of the autoscaler. @throws {ImproperlyConfiguredError} when the worker was started without */
  autoscale(max?: number, min?: number): Promise<{ max: number; min: number }> {
    return this.poolControl.autoscale(max, min);
  }

  /** Kills the processes of the pool at once; for a program that is about to exit. */
  kill(): void {
    this.poolControl.kill();
  }

  /** The log of one executor. @internal */
  executorLogger(index: number): Logger {
    return this.options.executorLogger?.(index) ?? this.logger;
  }

  get codec(): BodyCodec {
    if (this.#executing === undefined) throw new TypeError("the worker has not started");
    return this.#executing.codec;
  }

  get consumer(): Consumer | undefined {
    return this.#consuming?.consumer;
  }

  get connection(): Connection | undefined {
    return this.#connection;
  }

  get dispatcher(): Dispatcher | undefined {
    return this.#consuming?.dispatcher;
  }

  get queues(): readonly Queue[] {
    return this.#consuming?.queues ?? [];
  }

  /** The broker's URL, its password masked. */
  get brokerUri(): string {
    return this.#connection?.asUri() ?? "";
  }

  get reporter(): Reporter {
    this.#reporter ??= new Reporter({
      app: this.app,
      logger: this.logger,
      backend: this.#executing?.backend,
    });
    return this.#reporter;
  }

  /** What it tells monitors; switches the events of tasks on and off. */
  get events(): WorkerEvents | undefined {
    return this.#events;
  }

  /** Counters. */
  stats(): {
    readonly pool: PoolStats | undefined;
    readonly running: number;
    readonly waiting: number;
    readonly scheduled: number;
    readonly autoscaler: { readonly max: number; readonly min: number; readonly current: number } | undefined;
  } {
    const { dispatcher } = this;
    return {
      pool: this.pool?.stats(),
      running: dispatcher?.running.length ?? 0,
      waiting: dispatcher?.waiting.length ?? 0,
      scheduled: dispatcher?.scheduled.length ?? 0,
      autoscaler: this.poolControl.autoscaler?.info(),
    };
  }

  /** @internal */
  useExecutor(executing: Executing): void {
    this.#executing = executing;
  }

  /** @internal */
  useConnection(connection: Connection): void {
    this.#connection = connection;
  }

  /** @internal */
  useConsumer(consuming: Consuming): void {
    this.#consuming = consuming;
  }

  /** @internal */
  useEvents(events: WorkerEvents): void {
    this.#events = events;
  }

  /** Ends the worker because of an error that nothing can mend. @internal */
  fail(error: Error): void {
    this.#shutdown.fail(error);
  }
}
