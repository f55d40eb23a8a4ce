import { type Clock, type Logger, silentLogger, systemClock } from "@q/kernel";
import type { ReceivedEvent } from "../event-receiver.ts";
import { TaskHistory } from "./task-history.ts";
import { isLifeEvent, TaskState } from "./task-state.ts";
import { WorkerState } from "./worker-state.ts";

/** Options of an {@link EventState}. */
export interface EventStateOptions {
  /** Default 5000; those heard of first are forgotten first. */
  readonly maxWorkers?: number;
  /** Default 10000; those heard of first are forgotten first. */
  readonly maxTasks?: number;
  /** A worker has come online. */
  readonly onNodeJoin?: (worker: WorkerState) => void;
  /** A worker has said good-bye. */
  readonly onNodeLeave?: (worker: WorkerState) => void;
  /** Told of clocks that differ. Default: silent. */
  readonly logger?: Logger;
  readonly clock?: Clock;
}

/** Which tasks to list. */
export interface TaskListOptions {
  readonly limit?: number;
  /** Newest first. Default true. */
  readonly reverse?: boolean;
}

/** Events of one task that are remembered: sent, received, started, ended. */
const EVENTS_PER_TASK = 4;
/** Seconds by which the clock of a worker may differ from ours. */
const MAX_DRIFT = 16;

/**
 * The fleet as its events tell of it: give each event of a receiver to {@link event} and ask. Bounded in memory.
 *
 * @see celery/events/state.py, State
 */
export class EventState {
  readonly workers: Map<string, WorkerState> = new Map();
  readonly tasks: Map<string, TaskState> = new Map();
  /** Events taken in. */
  eventCount = 0;
  /** Tasks that workers have received. */
  taskCount = 0;
  readonly #options: EventStateOptions;
  readonly #maxWorkers: number;
  readonly #maxTasks: number;
  readonly #history: TaskHistory;
  readonly #types = new Set<string>();
  /** Children whose parent was not heard of yet, by its id. */
  readonly #orphans = new Map<string, Set<TaskState>>();
  readonly #drifting = new Set<string>();
  /** Events that came while somebody looks at the state. */
  #held: ReceivedEvent[] | undefined;

  constructor(options: EventStateOptions = {}) {
    this.#options = options;
    this.#maxWorkers = options.maxWorkers ?? 5000;
    this.#maxTasks = options.maxTasks ?? 10_000;
    this.#history = new TaskHistory(this.#maxTasks * EVENTS_PER_TASK);
  }

  /** Takes an event in; of any order, and of any type. */
  event(event: ReceivedEvent): void {
    if (this.#held !== undefined) return void this.#held.push(event);
    this.eventCount++;
    const [group = "", ...rest] = event.type.split("-");
    const subject = rest.join("-");
    if (group === "worker" && event.hostname !== "") this.#workerEvent(subject, event);
    else if (group === "task" && typeof event["uuid"] === "string") {
      this.#taskEvent(subject, event, event["uuid"]);
    }
  }

  /** Holds events back while `look` runs, and a promise it returns is settled. */
  async freezeWhile<TResult>(
    look: () => TResult | Promise<TResult>,
    options: { readonly clearAfter?: boolean } = {},
  ): Promise<TResult> {
    this.#held ??= [];
    try {
      return await look();
    } finally {
      const held = this.#held ?? [];
      this.#held = undefined;
      if (options.clearAfter === true) this.clear();
      for (const event of held) this.event(event);
    }
  }

  /** Forgets the workers and the tasks that are done, or with `ready: false` all tasks. */
  clear(options: { readonly ready?: boolean } = {}): void {
    this.workers.clear();
    this.clearTasks(options);
    this.eventCount = 0;
    this.taskCount = 0;
  }

  /** Forgets the tasks that are done, or with `ready: false` all. */
  clearTasks({ ready = true }: { readonly ready?: boolean } = {}): void {
    for (const task of [...this.tasks.values()]) if (!ready || task.isReady) this.tasks.delete(task.uuid);
    if (!ready) this.#orphans.clear();
    this.rebuildTaskHeap();
  }

  getOrCreateWorker(hostname: string): WorkerState {
    let worker = this.workers.get(hostname);
    if (worker === undefined) {
      worker = new WorkerState(hostname);
      this.workers.set(hostname, worker);
      dropOldest(this.workers, this.#maxWorkers);
    }
    return worker;
  }

  getOrCreateTask(uuid: string): TaskState {
    let task = this.tasks.get(uuid);
    if (task === undefined) {
      task = new TaskState(uuid);
      this.tasks.set(uuid, task);
      dropOldest(this.tasks, this.#maxTasks);
    }
    return task;
  }

  /** Workers that were heard of in time. */
  aliveWorkers(): WorkerState[] {
    const nowMs = (this.#options.clock ?? systemClock).now();
    return [...this.workers.values()].filter((worker) => worker.isAlive(nowMs));
  }

  /** Tasks in the order of what happened to them, by logical clock. */
  *tasksByTime({ limit = Infinity, reverse = true }: TaskListOptions = {}): Generator<
    TaskState,
    void,
    undefined
  > {
    let count = 0;
    for (const task of this.#history.tasks(reverse)) {
      if (count >= limit) return;
      if (this.tasks.get(task.uuid) !== task) continue;
      count++;
      yield task;
    }
  }

  tasksByType(name: string, options: TaskListOptions = {}): TaskState[] {
    return this.#matching((task) => task.name === name, options);
  }

  tasksByWorker(hostname: string, options: TaskListOptions = {}): TaskState[] {
    return this.#matching((task) => task.worker?.hostname === hostname, options);
  }

  /** Names of all tasks heard of, sorted. */
  taskTypes(): string[] {
    return [...this.#types].toSorted((a, b) => (a < b ? -1 : 1));
  }

  /** Puts the tasks in order again, after `tasks` was changed by hand. */
  rebuildTaskHeap(): void {
    this.#history.rebuild(this.tasks.values());
  }

  /** The task that sent this one, if it is known. */
  parentOf(task: TaskState): TaskState | undefined {
    return task.parentId === undefined ? undefined : this.tasks.get(task.parentId);
  }

  #matching(
    matches: (task: TaskState) => boolean,
    { limit = Infinity, reverse = true }: TaskListOptions,
  ): TaskState[] {
    const found: TaskState[] = [];
    for (const task of this.tasksByTime({ reverse })) {
      if (found.length >= limit) break;
      if (matches(task)) found.push(task);
    }
    return found;
  }

  #workerEvent(subject: string, event: ReceivedEvent): void {
    const isNew = !this.workers.has(event.hostname);
    const worker = this.getOrCreateWorker(event.hostname);
    worker.apply(subject, event);
    this.#checkDrift(event);
    if (subject === "offline") this.#options.onNodeLeave?.(worker);
    else if (isNew || subject === "online") this.#options.onNodeJoin?.(worker);
  }

  #taskEvent(subject: string, event: ReceivedEvent, uuid: string): void {
    const task = this.getOrCreateTask(uuid);
    if (subject === "sent") task.client = event.hostname;
    else if (isLifeEvent(subject) || this.workers.has(event.hostname)) {
      // An event of one's own may come from anywhere; its sender is no worker because of that.
      task.worker = this.getOrCreateWorker(event.hostname);
      task.worker.heard(event.local_received);
    }
    if (subject === "received") this.taskCount++;
    task.apply(subject, event);
    const { clock, timestamp } = event;
    this.#history.add({ clock, timestamp, origin: task.origin, task });
    if (task.name !== undefined) this.#types.add(task.name);
    this.#linkFamily(task);
  }

  #linkFamily(task: TaskState): void {
    for (const child of this.#orphans.get(task.uuid) ?? []) task.children.add(child);
    this.#orphans.delete(task.uuid);
    if (task.parentId === undefined) return;
    const parent = this.tasks.get(task.parentId);
    if (parent) return void parent.children.add(task);
    this.#orphans.set(task.parentId, (this.#orphans.get(task.parentId) ?? new Set()).add(task));
    dropOldest(this.#orphans, this.#maxTasks);
  }

  /** Says once per worker that its clock is wrong: what is shown of it would be confusing. */
  #checkDrift({ hostname, timestamp, local_received }: ReceivedEvent): void {
    const driftSeconds = Math.abs(local_received - timestamp);
    if (driftSeconds <= MAX_DRIFT || this.#drifting.has(hostname)) return;
    this.#drifting.add(hostname);
    (this.#options.logger ?? silentLogger).warn(
      { hostname, driftSeconds },
      "the clock of a worker differs from ours",
    );
  }
}

/** Drops what was added first, down to `max`. */
function dropOldest(map: Map<string, unknown>, max: number): void {
  for (const key of map.keys()) {
    if (map.size <= max) return;
    map.delete(key);
  }
}
