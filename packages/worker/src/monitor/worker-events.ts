import type { Cancel } from "@q/kernel";
import type { App, Unsubscribe } from "@q/core";
import { EventDispatcher, type EventFields } from "@q/core/events";
import { loadAverage, SOFTWARE } from "./software.ts";
import { sendTaskEvents } from "./task-events.ts";

/** What the events of a worker are made from. */
export interface WorkerEventsParts {
  readonly app: App;
  readonly hostname: string;
  /** Tell of tasks, too, from the start. */
  readonly taskEvents: boolean;
  /** Seconds between heartbeats; none with `undefined`. */
  readonly heartbeatSeconds: number | undefined;
  /** Tasks running now, and begun so far. */
  readonly load: () => { readonly active: number; readonly processed: number };
}

/**
 * Most events of one message. Celery's receivers take any number, and fewer messages cost both sides less; but very
 * long texts cost more to make than they save.
 */
const BUFFER_LIMIT = 200;
/** What Celery claims as `freq` in a heartbeat that was asked for. */
const ASKED_FREQ = 5;

/**
 * What a worker tells monitors and other workers: that it is online, its heartbeats, that it goes, and, when that is
 * on, what happens to its tasks.
 *
 * @see celery/worker/heartbeat.py
 */
export class WorkerEvents {
  readonly dispatcher: EventDispatcher;
  readonly #parts: WorkerEventsParts;
  #ofTasks: Unsubscribe | undefined;
  #beat: Cancel | undefined;
  #unsubscribe: Unsubscribe | undefined;

  constructor(parts: WorkerEventsParts) {
    this.#parts = parts;
    this.dispatcher = new EventDispatcher(parts.app, {
      hostname: parts.hostname,
      groups: ["worker"],
      bufferGroups: ["task"],
      bufferLimit: BUFFER_LIMIT,
    });
    if (parts.taskEvents) this.enableTaskEvents();
  }

  get sendsTaskEvents(): boolean {
    return this.#ofTasks !== undefined;
  }

  /** From here on monitors hear of tasks. False when they did already. */
  enableTaskEvents(): boolean {
    if (this.#ofTasks !== undefined) return false;
    this.dispatcher.setGroups([]);
    this.#ofTasks = sendTaskEvents(this.#parts.app, this.dispatcher);
    return true;
  }

  /** Monitors hear of this worker only. False when that was so already. */
  disableTaskEvents(): boolean {
    if (this.#ofTasks === undefined) return false;
    this.#ofTasks();
    this.#ofTasks = undefined;
    this.dispatcher.setGroups(["worker"]);
    return true;
  }

  /** A heartbeat out of turn: monitors that just came ask for it. */
  heartbeat(): void {
    this.dispatcher.send("worker-heartbeat", { freq: ASKED_FREQ, ...SOFTWARE });
  }

  start(): void {
    const { app, heartbeatSeconds } = this.#parts;
    this.#unsubscribe = app.events.on("connection:up", () => {
      void this.dispatcher.flush();
      if (heartbeatSeconds !== undefined) this.#tell("worker-online", heartbeatSeconds);
    });
    if (heartbeatSeconds === undefined) return;
    this.#tell("worker-online", heartbeatSeconds);
    this.#scheduleBeat(heartbeatSeconds);
  }

  /** Says good-bye and lets what waits reach the broker, for a second at the longest. */
  async stop(): Promise<void> {
    this.#beat?.();
    this.#unsubscribe?.();
    if (this.#parts.heartbeatSeconds !== undefined)
      this.#tell("worker-offline", this.#parts.heartbeatSeconds);
    this.disableTaskEvents();
    await this.dispatcher.close();
  }

  #scheduleBeat(seconds: number): void {
    this.#beat = this.#parts.app.clock.schedule(seconds * 1000, () => {
      this.#tell("worker-heartbeat", seconds);
      this.#scheduleBeat(seconds);
    });
  }

  #tell(type: string, freq: number): void {
    const { app, hostname, load } = this.#parts;
    const fields: EventFields = { freq, ...load(), loadavg: loadAverage(), ...SOFTWARE };
    this.dispatcher.send(type, fields);
    if (app.events.has("worker:heartbeat")) app.events.emit("worker:heartbeat", { hostname, type });
  }
}
