import type { ReceivedEvent } from "../event-receiver.ts";

/** Heartbeats that are remembered. */
const MAX_HEARTBEATS = 4;
/** A worker counts as gone after twice its interval without a heartbeat. */
const EXPIRE_WINDOW = 2;

/**
 * What monitors know about a worker.
 *
 * @see celery/events/state.py, Worker
 */
export class WorkerState {
  readonly hostname: string;
  pid: number | undefined;
  /** Seconds between heartbeats, by its own word. */
  freq = 60;
  /** When it was last heard of, seconds since 1970 by our clock; the newest last. */
  readonly heartbeats: number[] = [];
  clock = 0;
  /** Tasks running now. */
  active: number | undefined;
  /** Tasks begun so far. */
  processed: number | undefined;
  loadavg: readonly number[] | undefined;
  swIdent: string | undefined;
  swVer: string | undefined;
  swSys: string | undefined;

  constructor(hostname: string) {
    this.hostname = hostname;
  }

  /** Unique also among restarts under one name. */
  get id(): string {
    return `${this.hostname}.${this.pid ?? ""}`;
  }

  /** Seconds since 1970 after which it counts as gone; 0 when it is. */
  get heartbeatExpires(): number {
    const last = this.heartbeats.at(-1);
    return last === undefined ? 0 : last + this.freq * EXPIRE_WINDOW;
  }

  /** @param nowMs milliseconds since 1970 */
  isAlive(nowMs: number): boolean {
    return nowMs / 1000 < this.heartbeatExpires;
  }

  statusString(nowMs: number): "ONLINE" | "OFFLINE" {
    return this.isAlive(nowMs) ? "ONLINE" : "OFFLINE";
  }

  /** Takes over what one of its own events says. */
  apply(subject: string, event: ReceivedEvent): void {
    this.clock = event.clock;
    this.pid = number(event.pid) ?? this.pid;
    this.freq = number(event["freq"]) ?? this.freq;
    this.active = number(event["active"]) ?? this.active;
    this.processed = number(event["processed"]) ?? this.processed;
    if (Array.isArray(event["loadavg"]))
      this.loadavg = event["loadavg"].filter((load) => number(load) === load);
    this.swIdent = text(event["sw_ident"]) ?? this.swIdent;
    this.swVer = text(event["sw_ver"]) ?? this.swVer;
    this.swSys = text(event["sw_sys"]) ?? this.swSys;
    if (subject === "offline") this.heartbeats.length = 0;
    else this.heard(event.local_received);
  }

  /** A sign of life. */
  heard(atSeconds: number): void {
    const { heartbeats } = this;
    if (heartbeats.length >= MAX_HEARTBEATS) heartbeats.shift();
    heartbeats.push(atSeconds);
    if (atSeconds < (heartbeats.at(-2) ?? 0)) heartbeats.sort((a, b) => a - b);
  }
}

function number(value: unknown): number | undefined {
  return typeof value === "number" && Number.isFinite(value) ? value : undefined;
}

function text(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}
