import type { App, AppEvents, TaskRequest, Unsubscribe } from "@q/core";
import type * as prometheus from "prom-client";
import type { Counter, Gauge, Histogram, Registry } from "prom-client";
import type { Worker } from "../worker.ts";
import { queueLengths } from "./queue-lengths.ts";

type Prometheus = typeof prometheus;

/** Seconds; from a task that only sends mail to one that runs for an hour. */
const BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600];
/** What the metrics call tasks that this app does not know: their names are anybody's. */
const UNKNOWN = "unknown";

/** Counts what a worker does, for Prometheus. Only made, and prom-client only loaded, when somebody asks for it. */
export class WorkerMetrics implements Disposable {
  readonly #app: App;
  readonly #worker: Worker;
  readonly #registry: Registry;
  readonly #subscriptions: Unsubscribe[] = [];
  /** When tasks that have not started were received, milliseconds. */
  readonly #receivedMs = new Map<string, number>();

  private constructor(worker: Worker, client: Prometheus) {
    this.#app = worker.app;
    this.#worker = worker;
    this.#registry = new client.Registry();
    this.#registry.setDefaultLabels({ worker: worker.hostname });
    client.collectDefaultMetrics({ register: this.#registry });
    this.#countTasks(client);
    this.#countTrouble(client);
    this.#countEvents(client);
    this.#gaugeWorker(client);
    this.#gaugeQueues(client);
  }

  static async create(worker: Worker): Promise<WorkerMetrics> {
    const loaded = await import("prom-client");
    return new WorkerMetrics(worker, loaded);
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  /** The metrics in the text format of Prometheus. */
  text(): Promise<string> {
    return this.#registry.metrics();
  }

  [Symbol.dispose](): void {
    for (const unsubscribe of this.#subscriptions) unsubscribe();
    this.#registry.clear();
  }

  #countTasks({ Counter, Histogram }: Prometheus): void {
    const registers = [this.#registry];
    const tasks: Counter<"task" | "event"> = new Counter({
      name: "q_tasks_total",
      help: "What happened to tasks, by name.",
      labelNames: ["task", "event"],
      registers,
    });
    const histogram = (name: string, help: string): Histogram<"task"> =>
      new Histogram({ name, help, labelNames: ["task"], buckets: BUCKETS, registers });
    const runs = histogram("q_task_run_seconds", "Seconds that successful tasks ran.");
    const waits = histogram(
      "q_task_wait_seconds",
      "Seconds that tasks waited in the worker for a slot, from their receipt or their ETA on.",
    );
    const redelivered: Counter<"task"> = new Counter({
      name: "q_tasks_redelivered_total",
      help: "Tasks that the broker delivered again: they may run, or have run, twice.",
      labelNames: ["task"],
      registers,
    });
    this.#onTask("task:received", ({ request }, task) => {
      tasks.inc({ task, event: "received" });
      if (request.deliveryInfo.redelivered) redelivered.inc({ task });
      this.#receivedMs.set(request.id, Math.max(this.#app.clock.now(), request.eta?.getTime() ?? 0));
    });
    this.#onTask("task:started", ({ request }, task) => {
      tasks.inc({ task, event: "started" });
      const sinceMs = this.#receivedMs.get(request.id);
      this.#receivedMs.delete(request.id);
      if (sinceMs !== undefined) waits.observe({ task }, Math.max(0, this.#app.clock.now() - sinceMs) / 1000);
    });
    this.#onTask("task:succeeded", ({ runtimeSeconds }, task) => {
      tasks.inc({ task, event: "succeeded" });
      runs.observe({ task }, runtimeSeconds);
    });
    for (const event of ["returned", "failed", "retried", "rejected", "revoked"] as const) {
      this.#onTask(`task:${event}`, ({ request }, task) => {
        tasks.inc({ task, event });
        this.#receivedMs.delete(request.id);
      });
    }
  }

  /** Events of this worker's own tasks; the process may have others. */
  #onTask<TName extends keyof AppEvents & `task:${string}`>(
    name: TName,
    listener: (event: AppEvents[TName] & { readonly request: TaskRequest }, task: string) => void,
  ): void {
    const filtered = (event: AppEvents[TName]): void => {
      const { request } = event as { readonly request: TaskRequest };
      if (request.hostname !== this.#worker.hostname) return;
      const task = this.#app.tasks.find(request.task) === undefined ? UNKNOWN : request.task;
      listener(event as never, task);
    };
    this.#subscriptions.push(this.#app.events.on(name, filtered));
  }

  #countTrouble({ Counter }: Prometheus): void {
    const registers = [this.#registry];
    const { events } = this.#app;
    const counter = (name: string, help: string): Counter => new Counter({ name, help, registers });
    const lost = counter(
      "q_broker_connections_lost_total",
      "Times that the connection to the broker was lost.",
    );
    const unknown = counter("q_tasks_unknown_total", "Messages whose task is not registered here.");
    const discarded = counter("q_messages_discarded_total", "Messages that could not be used.");
    this.#subscriptions.push(
      // Nothing that was not started will start here: it is delivered anew.
      events.on("connection:lost", () => {
        lost.inc();
        this.#receivedMs.clear();
      }),
      events.on("task:unknown", () => unknown.inc()),
      events.on("message:discarded", () => discarded.inc()),
    );
  }

  #countEvents({ Counter }: Prometheus): void {
    const worker = this.#worker;
    const counter = (name: string, help: string, of: "sent" | "dropped"): Counter =>
      new Counter({
        name,
        help,
        registers: [this.#registry],
        collect(this: Counter) {
          this.reset();
          this.inc(worker.events?.dispatcher.stats[of] ?? 0);
        },
      });
    counter("q_events_sent_total", "Events that monitors were sent.", "sent");
    counter("q_events_dropped_total", "Events given up.", "dropped");
  }

  #gaugeWorker({ Gauge }: Prometheus): void {
    const worker = this.#worker;
    const gauge = (name: string, help: string, read: () => number): Gauge =>
      new Gauge({
        name,
        help,
        registers: [this.#registry],
        collect(this: Gauge) {
          this.set(read());
        },
      });
    gauge("q_worker_slots", "Tasks that can run at once.", () => worker.pool?.stats().size ?? 0);
    gauge("q_worker_running", "Tasks that run now.", () => worker.stats().running);
    gauge("q_worker_waiting", "Tasks received that wait for a slot.", () => worker.stats().waiting);
    gauge(
      "q_worker_oldest_waiting_seconds",
      "Seconds that the task has waited that waits longest in the worker, from its receipt or its ETA on.",
      () => this.#oldestWaitingSeconds(),
    );
    gauge("q_worker_scheduled", "Tasks received that wait for their time.", () => worker.stats().scheduled);
    gauge("q_broker_up", "1 while messages can come.", () => (worker.consumer?.session?.isLive ? 1 : 0));
  }

  /** 0 when none waits. */
  #oldestWaitingSeconds(): number {
    const now = this.#app.clock.now();
    let since = now;
    for (const { id } of this.#worker.dispatcher?.waiting ?? [])
      since = Math.min(since, this.#receivedMs.get(id) ?? now);
    return (now - since) / 1000;
  }

  #gaugeQueues({ Gauge }: Prometheus): void {
    const worker = this.#worker;
    void new Gauge({
      name: "q_queue_messages",
      help: "Messages that wait on the broker, of the queues that the worker consumes.",
      labelNames: ["queue"],
      registers: [this.#registry],
      async collect() {
        this.reset();
        const { connection } = worker;
        if (connection === undefined) return;
        const { clock } = worker.app;
        const lengths = await queueLengths(connection, worker.queues, { clock, logger: worker.logger });
        for (const [queue, count] of lengths) this.set({ queue }, count);
      },
    });
  }
}
