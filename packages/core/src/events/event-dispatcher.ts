import { hostname as hostName } from "node:os";
import type { Clock } from "@q/kernel";
import type { App } from "../app/app.ts";
import {
  type EventFields,
  type EventFrame,
  eventGroup,
  eventHead,
  eventJson,
  eventTail,
  fieldsJson,
  utcOffsetHours,
} from "../protocol/event-message.ts";
import { EventOutbox } from "./event-outbox.ts";

/** Options of an {@link EventDispatcher}. */
export interface EventDispatcherOptions {
  /** Who sends. Default `gen<pid>@<host>`, as for any client. */
  readonly hostname?: string;
  /** Default true. */
  readonly enabled?: boolean;
  /** Groups to send: `task` for `task-sent`, `worker` for `worker-online`. Default none named, which means all. */
  readonly groups?: readonly string[];
  /** Groups whose events travel together, as `<group>.multi`. Default none. */
  readonly bufferGroups?: readonly string[];
  /** Most events of one message. Default 24, as in Celery. */
  readonly bufferLimit?: number;
  /** Most events that wait while the broker cannot be reached; the oldest go first. Default 10000. */
  readonly maxWaiting?: number;
}

/** An event but for what all have. */
interface ReadyEvent {
  readonly group: string;
  readonly type: string;
  readonly fields: string;
  readonly seconds: number;
  readonly blind: boolean;
}

const NO_FIELDS: EventFields = Object.freeze({});

/** Counters of a dispatcher. */
export interface EventDispatcherStats {
  /** Events that the broker has. */
  readonly sent: number;
  /** Events that were given up, because too many waited or their content could not be encoded. */
  readonly dropped: number;
  readonly waiting: number;
}

/**
 * Sends events to whoever monitors the fleet. Sending never blocks, never throws and never fails a task: events wait
 * in a bounded buffer while the broker is down, and what does not fit is dropped and counted.
 *
 * @see celery/events/dispatcher.py
 */
export class EventDispatcher implements AsyncDisposable {
  readonly hostname: string;
  readonly #app: App;
  readonly #clock: Clock;
  readonly #bufferGroups: ReadonlySet<string>;
  readonly #outbox: EventOutbox;
  #groups: ReadonlySet<string> | undefined;
  #isEnabled: boolean;
  #head: { readonly minute: number; readonly text: string } = { minute: NaN, text: "" };
  /** By types, of the time of the last event: a busy worker sends dozens in the same millisecond. */
  readonly #frames = new Map<string, EventFrame>();
  #framesOfSeconds = NaN;

  constructor(app: App, options: EventDispatcherOptions = {}) {
    this.#app = app;
    this.#clock = app.clock;
    this.hostname = options.hostname ?? `gen${process.pid}@${hostName()}`;
    this.#bufferGroups = new Set(options.bufferGroups);
    this.#groups = options.groups?.length ? new Set(options.groups) : undefined;
    this.#isEnabled = options.enabled ?? true;
    this.#outbox = new EventOutbox(app, {
      hostname: this.hostname,
      maxBatch: options.bufferLimit ?? 24,
      maxWaiting: options.maxWaiting ?? 10_000,
    });
  }

  /** Events are sent, those of {@link groups} if any are named. */
  get isEnabled(): boolean {
    return this.#isEnabled;
  }

  enable(): void {
    this.#isEnabled = true;
  }

  /** From here on `send` does nothing. */
  disable(): void {
    this.#isEnabled = false;
  }

  /** True when events of this group are sent. */
  sends(group: string): boolean {
    return this.#isEnabled && (this.#groups?.has(group) ?? true);
  }

  /** Names the only groups to send; an empty list means all. */
  setGroups(groups: readonly string[]): void {
    this.#groups = groups.length > 0 ? new Set(groups) : undefined;
  }

  get stats(): EventDispatcherStats {
    return this.#outbox.stats;
  }

  /**
   * Sends an event, of Celery's types or your own: `send("deploy-finished", { version: "1.2" })`. The part before the
   * first dash is its group. Fields are JSON values; `timestamp` (seconds since 1970) may be among them. With `blind`
   * the logical clock neither moves nor travels.
   */
  send(type: string, fields: EventFields = NO_FIELDS, options: { readonly blind?: boolean } = {}): void {
    const group = eventGroup(type);
    if (!this.sends(group)) return;
    const { timestamp, ...own } = fields;
    try {
      const seconds = typeof timestamp === "number" ? timestamp : this.#clock.now() / 1000;
      this.#enqueue({ group, type, fields: fieldsJson(own), seconds, blind: options.blind === true });
    } catch (err) {
      this.#app.logger.warn({ err, type }, "an event could not be encoded and is dropped");
      this.#outbox.drop(1);
    }
  }

  /**
   * As `send`, of an event whose group is known and whose fields are JSON already, each with a comma before it: for the
   * many events of busy workers.
   */
  sendText(group: string, type: string, fields: string): void {
    if (this.sends(group))
      this.#enqueue({ group, type, fields, seconds: this.#clock.now() / 1000, blind: false });
  }

  /** Tries at once what waits for the broker. Resolves when nothing waits, or the broker cannot be reached. */
  flush(): Promise<void> {
    return this.#outbox.flush();
  }

  /** Sends what waits, for `timeoutMs` (default 1000) at the longest, and sends nothing more. */
  async close(options: { readonly timeoutMs?: number } = {}): Promise<void> {
    this.disable();
    await this.#outbox.close(options.timeoutMs ?? 1000);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #enqueue({ group, type, fields, seconds, blind }: ReadyEvent): void {
    const clock = blind ? null : this.#app.logicalClock.forward();
    const json = eventJson(this.#frameOf(type, seconds), clock, fields);
    this.#outbox.add(type, json, this.#bufferGroups.has(group) ? group : undefined);
  }

  #frameOf(type: string, seconds: number): EventFrame {
    if (this.#framesOfSeconds !== seconds) {
      this.#framesOfSeconds = seconds;
      this.#frames.clear();
    }
    let frame = this.#frames.get(type);
    if (frame === undefined) {
      frame = { head: this.#headAt(seconds), tail: eventTail(type, seconds) };
      this.#frames.set(type, frame);
    }
    return frame;
  }

  /** The time zone data are asked once a minute: that costs more than the event. */
  #headAt(seconds: number): string {
    const minute = Math.floor(seconds / 60);
    if (this.#head.minute !== minute) {
      const utcoffset = utcOffsetHours(new Date(seconds * 1000));
      const text = eventHead({ hostname: this.hostname, pid: process.pid, utcoffset });
      this.#head = { minute, text };
    }
    return this.#head.text;
  }
}
