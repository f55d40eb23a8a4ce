import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import {
  asError,
  ClosedError,
  type Clock,
  ImproperlyConfiguredError,
  type Logger,
  type Service,
  silentLogger,
  sleep,
  systemClock,
} from "@q/kernel";
import type { BeatStore, EntryChange } from "./contracts.ts";
import type { Entry, EntryOptions } from "./entry.ts";
import { EntryError } from "./errors.ts";
import { type EntryInfo, infoOf } from "./entry-info.ts";
import { Leadership } from "./leadership.ts";
import type { BeatListeners } from "./listeners.ts";
import { type LastRun, type Run, sendWith, type TaskSender } from "./run.ts";
import { type BookEntry, bookOf, type EntryDefaults, readEntry } from "./schedule-book.ts";
import { MemoryStore } from "./stores/memory-store.ts";
import { openStore } from "./stores/open-store.ts";

/** Options of a {@link Beat}. One of `send` and `sender` is needed. */
export interface BeatOptions {
  /** Entries by name. */
  readonly entries?: Readonly<Record<string, EntryOptions>>;
  /** Called for every run; a promise is waited for, and a rejection is tried again. */
  readonly send?: (run: Run) => unknown;
  /** Sends runs as tasks instead; an app of `@q/core` is one. */
  readonly sender?: TaskSender;
  /**
   * Where the schedule is kept: a file name, a URL (`sqlite:///beat.db`, `redis://…`, `postgres://…`, `mysql://…`), or a
   * store of your own, which is yours to dispose. Default: nowhere; the schedule starts anew with the process.
   */
  readonly store?: BeatStore | string;
  /** Time zone of crontabs, an IANA name. Default `UTC`. */
  readonly timeZone?: string;
  /** Beats with the same store have the same; it goes into task ids. Default `beat`. */
  readonly scope?: string;
  /** Milliseconds after which it looks at the clock even when nothing is due. Default 300,000. */
  readonly maxIntervalMs?: number;
  /** Celery's `beat_cron_starting_deadline`, seconds: crontabs missed for longer are not sent. Default no limit. */
  readonly cronStartingDeadline?: number | undefined;
  /** Milliseconds after which another beat may take over from one that is silent. Default 3000. */
  readonly leaseMs?: number;
  /** Whether a run has not ended; for entries with `overlap: "skip"`. Default: it lasts while `send` does. */
  readonly isRunning?: (run: LastRun) => unknown;
  readonly on?: BeatListeners;
  /** Default: silent. */
  readonly logger?: Logger;
  readonly clock?: Clock;
}

const DEFAULT_LEASE_MS = 3000;
const DEFAULT_MAX_INTERVAL_MS = 300_000;

/**
 * Sends tasks when they are due. Several beats on one shared store are one beat: one of them leads, and another takes
 * over when it falls silent.
 *
 * States: *idle*; *starting*; *running*, as leader or as follower; *stopped*. Everything but `start` works in all of them,
 * on the store: `add`, `pause` and the like reach the leader wherever it is.
 *
 * @see docs/guides/periodic-tasks.md
 */
export class Beat implements Service, AsyncDisposable {
  readonly #options: BeatOptions;
  readonly #defaults: EntryDefaults;
  readonly #entries: ReadonlyMap<string, Entry>;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #send: (run: Run) => unknown;
  readonly #stop = new AbortController();
  #opening: Promise<BeatStore> | undefined;
  #leadership: Leadership | undefined;
  #running: Promise<void> | undefined;
  #isStopped = false;

  /** @throws {EntryError} {@link ImproperlyConfiguredError} */
  constructor(options: BeatOptions) {
    const { send, sender, timeZone = "UTC", cronStartingDeadline } = options;
    if ((send === undefined) === (sender === undefined))
      throw new ImproperlyConfiguredError('a beat needs one of "send" and "sender"');
    this.#options = options;
    this.#send = sender === undefined ? (send as (run: Run) => unknown) : sendWith(sender);
    this.#clock = options.clock ?? systemClock;
    this.#logger = options.logger ?? silentLogger;
    this.#defaults = { timeZone, cronStartingDeadline };
    const written = Object.entries(options.entries ?? {});
    this.#entries = new Map(written.map(([name, one]) => [name, readEntry(name, one, this.#defaults)]));
  }

  /** True while this beat is the one that sends. */
  get isLeading(): boolean {
    return this.#leadership?.isLeading ?? false;
  }

  /** What the store is and where; known once it is open. */
  async storeDescription(): Promise<string> {
    return (await this.#store()).description;
  }

  /**
   * Opens the store, and resolves when this beat leads or has found that another does.
   *
   * @throws {BeatStoreError} {@link BeatLockedError} {@link MissingDriverError}
   */
  async start(signal?: AbortSignal): Promise<void> {
    if (this.#isStopped) throw new ClosedError("this beat was stopped; make another one");
    if (this.#running !== undefined) return;
    signal?.addEventListener("abort", () => void this.stop(), { once: true });
    const store = await this.#store();
    const { scope = "beat", isRunning, maxIntervalMs = DEFAULT_MAX_INTERVAL_MS } = this.#options;
    const leadership = new Leadership(
      {
        store,
        entries: this.#entries,
        defaults: this.#defaults,
        scope,
        send: this.#send,
        isRunning,
        maxIntervalMs,
        clock: this.#clock,
        logger: this.#logger,
        listeners: guarded(this.#options.on ?? {}, this.#logger),
      },
      {
        holder: `${hostname()}:${process.pid}:${randomUUID()}`,
        leaseMs: this.#options.leaseMs ?? DEFAULT_LEASE_MS,
      },
    );
    this.#leadership = leadership;
    await leadership.start();
    this.#running = leadership.run(this.#stop.signal);
    if (this.#clock === systemClock) void this.#keepProcessAlive();
  }

  /** Sends nothing new, and resolves when what is being sent has been taken. */
  async drain(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  /** Ends the beat: lets sendings end, records them, and gives the lease to the next beat. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.drain();
    const store = await this.#opening?.catch(() => undefined);
    this.#opening = undefined;
    if (store !== undefined && store !== this.#options.store) await store[Symbol.asyncDispose]();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  /**
   * Adds an entry, or replaces the one of that name; also one of the program's, until it is removed.
   *
   * @throws {EntryError} when it cannot work, or cannot be stored
   */
  async add(name: string, entry: EntryOptions): Promise<void> {
    await this.#change({ kind: "put", name, definition: readEntry(name, entry, this.#defaults).toJSON() });
  }

  /** Changes fields of an entry. @throws {EntryError} when there is none, or the result cannot work */
  async change(name: string, fields: Partial<EntryOptions>): Promise<void> {
    const { entry } = await this.#find(name);
    await this.add(name, { ...entry.written, ...fields });
  }

  /** Removes what was added or changed; an entry of the program is again what the program says. Returns whether there was one. */
  async remove(name: string): Promise<boolean> {
    const store = await this.#store();
    const { entries } = await store.load();
    if (!entries.some((one) => one.name === name && one.definition !== null)) return false;
    await this.#change({ kind: "remove", name });
    return true;
  }

  /** Stops sending an entry. @throws {EntryError} when there is none */
  async pause(name: string): Promise<void> {
    await this.#find(name);
    await this.#change({ kind: "enable", name, enabled: false });
  }

  /** Goes on with an entry; what it missed meanwhile is up to its misfire policy. @throws {EntryError} when there is none */
  async resume(name: string): Promise<void> {
    await this.#find(name);
    await this.#change({ kind: "enable", name, enabled: true });
  }

  /** Has the leader send an entry now, out of turn. Returns the task id. @throws {EntryError} when there is none */
  async runNow(name: string): Promise<string> {
    await this.#find(name);
    const id = randomUUID();
    await this.#change({ kind: "request", request: { id, name } });
    return id;
  }

  /** The entries in force, by name. */
  async list(): Promise<EntryInfo[]> {
    const { entries } = await (await this.#store()).load();
    const book = bookOf(this.#entries, entries, { defaults: this.#defaults, logger: this.#logger });
    return [...book.values()]
      .map((one) => infoOf(one, this.#clock.now()))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** The next occurrences of an entry, at most `count`. @throws {EntryError} when there is none */
  async next(name: string, count = 1): Promise<Date[]> {
    const { entry, stored } = await this.#find(name);
    const times: Date[] = [];
    let at = stored?.state?.identity === entry.identity ? stored.state.since : this.#clock.now();
    while (times.length < count) {
      const next = entry.next(at);
      if (next === undefined) break;
      times.push(new Date(next));
      at = next;
    }
    return times;
  }

  async #find(name: string): Promise<BookEntry> {
    const { entries } = await (await this.#store()).load();
    const book = bookOf(this.#entries, entries, { defaults: this.#defaults, logger: this.#logger });
    const found = book.get(name);
    if (found !== undefined) return found;
    const names = [...book.keys()].slice(0, 20).join(", ");
    throw new EntryError(`there is no entry "${name}". Entries: ${names || "none"}.`);
  }

  async #change(change: EntryChange): Promise<void> {
    await (await this.#store()).change(change);
    await this.#leadership?.changed();
  }

  #store(): Promise<BeatStore> {
    const { store } = this.#options;
    this.#opening ??=
      typeof store === "string"
        ? openStore(store, { logger: this.#logger, clock: this.#clock })
        : Promise.resolve(store ?? new MemoryStore({ clock: this.#clock }));
    return this.#opening;
  }

  /** Timers of the clock let a process end; a beat that runs does not. */
  async #keepProcessAlive(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) await sleep(2 ** 30, { signal });
  }
}

/** A listener that throws is the program's fault, and no reason not to send. */
function guarded(listeners: BeatListeners, logger: Logger): BeatListeners {
  const entries = Object.entries(listeners).map(([name, listener]) => [
    name,
    (...args: unknown[]): void => {
      try {
        (listener as (...args: unknown[]) => void)(...args);
      } catch (error) {
        logger.error({ listener: name, err: asError(error) }, "a listener of the beat has thrown");
      }
    },
  ]);
  return Object.fromEntries(entries) as BeatListeners;
}
