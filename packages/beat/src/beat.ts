import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import {
  asError,
  ClosedError,
  type Clock,
  didYouMean,
  type Logger,
  type Service,
  silentLogger,
  sleep,
  systemClock,
} from "@q/kernel";
import type { BeatStore, EntryChange } from "./contracts.ts";
import { type BeatOptions, checkOptions } from "./beat-options.ts";
import type { Entry, EntryOptions } from "./entry.ts";
import { EntryError } from "./errors.ts";
import { type EntryInfo, infoOf, upcoming } from "./entry-info.ts";
import { Leadership } from "./leadership.ts";
import type { BeatListeners } from "./listeners.ts";
import { type Run, sendWith } from "./run.ts";
import { type BookEntry, type EntryDefaults, readEntry, ScheduleBook } from "./schedule-book.ts";
import { MemoryStore } from "./stores/memory-store.ts";
import { openStore } from "./stores/open-store.ts";

const DEFAULT_LEASE_MS = 3000;
const DEFAULT_MAX_INTERVAL_MS = 300_000;
/** Occurrences that are worked out at a time: most schedules have no last one. */
const MAX_NEXT = 100_000;

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
  readonly #book: ScheduleBook;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #send: (run: Run) => unknown;
  readonly #scope: string;
  readonly #stop = new AbortController();
  #opening: Promise<BeatStore> | undefined;
  #starting: Promise<void> | undefined;
  #leadership: Leadership | undefined;
  #running: Promise<void> | undefined;
  #isStopped = false;

  /** @throws {EntryError} {@link ImproperlyConfiguredError} */
  constructor(options: BeatOptions) {
    checkOptions(options);
    const { send, sender, timeZone = "UTC", cronStartingDeadline, scope = "beat" } = options;
    this.#options = options;
    this.#scope = scope;
    this.#send = sender === undefined ? (send as (run: Run) => unknown) : sendWith(sender);
    this.#clock = options.clock ?? systemClock;
    this.#logger = options.logger ?? silentLogger;
    this.#defaults = { timeZone, cronStartingDeadline };
    const written = Object.entries(options.entries ?? {});
    this.#entries = new Map(written.map(([name, one]) => [name, readEntry(name, one, this.#defaults)]));
    this.#book = new ScheduleBook({ entries: this.#entries, defaults: this.#defaults, logger: this.#logger });
  }

  /** True while this beat is the one that sends. */
  get isLeading(): boolean {
    return this.#leadership?.isLeading ?? false;
  }

  /**
   * Opens the store, and resolves when this beat leads or has found that another does. After a failure it may be called again.
   *
   * @throws {BeatStoreError} {@link BeatLockedError} {@link MissingDriverError}
   */
  async start(signal?: AbortSignal): Promise<void> {
    if (this.#isStopped) throw new ClosedError("this beat was stopped; make another one");
    if (signal?.aborted === true) return this.stop();
    signal?.addEventListener("abort", () => void this.stop(), { once: true });
    this.#starting ??= this.#begin().catch((error: unknown) => {
      this.#starting = undefined;
      throw error;
    });
    await this.#starting;
  }

  async #begin(): Promise<void> {
    const store = await this.#store();
    const { isRunning, maxIntervalMs = DEFAULT_MAX_INTERVAL_MS } = this.#options;
    const leadership = new Leadership({
      store,
      entries: this.#entries,
      defaults: this.#defaults,
      scope: this.#scope,
      send: this.#send,
      isRunning,
      maxIntervalMs,
      clock: this.#clock,
      logger: this.#logger,
      listeners: guarded(this.#options.on ?? {}, this.#logger),
      holder: `${hostname()}:${process.pid}:${randomUUID()}`,
      leaseMs: this.#options.leaseMs ?? DEFAULT_LEASE_MS,
    });
    await leadership.start();
    this.#leadership = leadership;
    this.#running = leadership.run(this.#stop.signal);
    if (this.#clock === systemClock) void this.#keepProcessAlive();
  }

  /** Sends nothing new, and resolves when what is being sent has been taken. */
  async drain(): Promise<void> {
    this.#stop.abort();
    await this.#starting?.catch(() => {});
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

  /**
   * Removes what was added, changed, paused or resumed; an entry of the program is again what the program says. Returns
   * whether there was such a thing.
   */
  async remove(name: string): Promise<boolean> {
    const store = await this.#store();
    const { entries } = await store.load({ name });
    const [stored] = entries;
    if (stored === undefined || (stored.definition === null && stored.enabled === null)) return false;
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
    return this.#book
      .all(entries)
      .map((one) => infoOf(one, this.#clock.now()))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /**
   * The occurrences of an entry that are still to come, at most `count`, from 0 to 100,000; paused or not.
   *
   * @throws {EntryError} when there is none of that name, and for another count
   */
  async next(name: string, count = 1): Promise<Date[]> {
    if (!(Number.isInteger(count) && count >= 0 && count <= MAX_NEXT))
      throw new EntryError(`the next occurrences can be asked for 0 to ${MAX_NEXT} at a time, not ${count}`);
    return upcoming(await this.#find(name), { now: this.#clock.now(), count });
  }

  async #find(name: string): Promise<BookEntry> {
    const store = await this.#store();
    const { entries } = await store.load({ name });
    const found = this.#book.entry(name, entries[0]);
    if (found !== undefined) return found;
    const known = this.#book.all((await store.load()).entries).map(({ entry }) => entry.name);
    const hint = didYouMean(name, known) || ` Entries: ${known.slice(0, 20).join(", ") || "none"}.`;
    throw new EntryError(`there is no entry "${name}".${hint}`);
  }

  async #change(change: EntryChange): Promise<void> {
    await (await this.#store()).change(change);
    await this.#leadership?.changed();
  }

  #store(): Promise<BeatStore> {
    this.#opening ??= this.#open().catch((error: unknown) => {
      this.#opening = undefined;
      throw error;
    });
    return this.#opening;
  }

  async #open(): Promise<BeatStore> {
    const { store, syncEvery } = this.#options;
    if (typeof store !== "string") return store ?? new MemoryStore({ clock: this.#clock });
    return openStore(store, { logger: this.#logger, clock: this.#clock, schedule: this.#scope, syncEvery });
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
