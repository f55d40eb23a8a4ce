import { setMaxListeners } from "node:events";
import { asError, Batcher, type Clock, type Logger, QError } from "@q/kernel";
import { Alarm } from "./alarm.ts";
import { ClockWatch } from "./clock-watch.ts";
import type { BeatStore, EntryState, Lease, RunRequest } from "./contracts.ts";
import { Delivery } from "./delivery.ts";
import type { Entry } from "./entry.ts";
import { Heap } from "./heap.ts";
import type { BeatListeners } from "./listeners.ts";
import { type Missed, type Plan, planRuns } from "./misfires.ts";
import { jitterOf, occurrenceId } from "./occurrence-id.ts";
import type { LastRun, Run } from "./run.ts";
import { bookOf, type BookEntry, type EntryDefaults } from "./schedule-book.ts";

/** Entries handled between two looks at the clock. */
const MAX_AT_ONCE = 1000;
/** States written at once. */
const MAX_BATCH = 500;
const STORE_RETRY_MS = 1000;

/** What a term of leadership works with. */
export interface TermParts {
  readonly store: BeatStore;
  readonly entries: ReadonlyMap<string, Entry>;
  readonly defaults: EntryDefaults;
  readonly scope: string;
  readonly send: (run: Run) => unknown;
  readonly isRunning: ((run: LastRun) => unknown) | undefined;
  readonly maxIntervalMs: number;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly listeners: BeatListeners;
}

/** An entry at work. */
interface Row {
  entry: Entry;
  state: EntryState;
  /** Its place in the heap; an older place is passed over. */
  place: Place | undefined;
  sending: number;
}

interface Place {
  readonly row: Row;
  readonly dueAt: number;
}

/**
 * The time during which one beat sends. It first records what it is about to send, under the token of its lease, and
 * sends then: who comes after it knows what was begun, and never begins it again under another id.
 */
export class Term {
  readonly #parts: TermParts;
  readonly #lease: Lease;
  readonly #isValid: () => boolean;
  readonly #rows = new Map<string, Row>();
  readonly #heap = new Heap<Place>();
  readonly #alarm: Alarm;
  readonly #watch: ClockWatch;
  readonly #saves: Batcher<readonly [name: string, state: EntryState]>;
  readonly #delivery: Delivery;
  readonly #end = new AbortController();
  readonly #requests = new Set<string>();
  #version = -1;

  /** `isValid` tells whether the lease can still be relied upon. */
  constructor(parts: TermParts, lease: Lease, isValid: () => boolean) {
    this.#parts = parts;
    this.#lease = lease;
    this.#isValid = isValid;
    this.#alarm = new Alarm(parts.clock);
    this.#watch = new ClockWatch(parts.clock);
    // Every sending that waits for its turn or its retry listens.
    setMaxListeners(0, this.#end.signal);
    this.#saves = new Batcher({
      flush: (states) => parts.store.save(new Map(states), lease),
      maxBatch: MAX_BATCH,
      // One at a time: a later state of an entry must not be overtaken by an earlier one.
      maxInFlight: 1,
    });
    const { send, clock, logger, listeners } = parts;
    this.#delivery = new Delivery({
      send,
      clock,
      logger,
      signal: this.#end.signal,
      onSent: (run) => listeners.sent?.(run),
      onFailed: (run, error) => listeners.failed?.(run, error),
    });
  }

  /** The version of the store's entries that is in force. */
  get version(): number {
    return this.#version;
  }

  /** Ends the term; what is being sent is finished by {@link drain}. */
  end(): void {
    this.#end.abort();
    this.#alarm.ring();
  }

  /** Resolves when nothing is being sent any more and what was sent is recorded. */
  async drain(): Promise<void> {
    await this.#delivery.settled();
  }

  /** Takes the entries from the store; called again after changes. */
  async load(): Promise<void> {
    const { store, entries, defaults, logger } = this.#parts;
    const { version, entries: stored, requests } = await store.load();
    const book = bookOf(entries, stored, { defaults, logger });
    for (const name of this.#rows.keys()) {
      if (book.get(name)?.isEnabled !== true) this.#remove(name);
    }
    const fresh: Promise<void>[] = [];
    for (const [name, one] of book) {
      const state = one.isEnabled ? this.#put(one) : undefined;
      if (state !== undefined) fresh.push(this.#saves.add([name, state]));
    }
    const gone = stored
      .filter(({ name, state }) => state !== null && !book.has(name))
      .map(({ name }) => name);
    if (gone.length > 0) await store.forget(gone, this.#lease);
    await Promise.all(fresh);
    for (const request of requests) this.#runRequest(request, book.get(request.name)?.entry);
    this.#version = version;
    this.#alarm.ring();
  }

  /** Sends what is due until the term ends. Never rejects. */
  async run(): Promise<void> {
    const { clock, maxIntervalMs } = this.#parts;
    while (!this.#end.signal.aborted) {
      this.#followClock();
      const rows = this.#takeDue(clock.now());
      if (rows.length > 0) await this.#fire(rows);
      else {
        const restMs = (this.#next()?.dueAt ?? Infinity) - clock.now();
        await this.#alarm.wait(Math.min(Math.max(restMs, 0), maxIntervalMs));
      }
    }
  }

  /** Takes an entry in; returns its state when that is not in the store yet. */
  #put({ entry, stored }: BookEntry): EntryState | undefined {
    const known = this.#rows.get(entry.name);
    const before = known?.state ?? stored?.state;
    const state = this.#stateOf(entry, before);
    const row: Row = known ?? { entry, state, place: undefined, sending: 0 };
    [row.entry, row.state] = [entry, state];
    this.#rows.set(entry.name, row);
    this.#place(row);
    if (known === undefined) for (const at of state.pending) this.#send(row, at);
    return state === before ? undefined : state;
  }

  /** The state to go on from; an entry that is new, or another one than before, counts from now. */
  #stateOf(entry: Entry, state: EntryState | null | undefined): EntryState {
    if (state?.identity === entry.identity) return state;
    if (state) {
      this.#parts.logger.info(
        { entry: entry.name, before: state.identity, now: entry.identity },
        "the schedule or the time zone of an entry has changed: it starts anew",
      );
    }
    const { lastRunAt = null, totalRunCount = 0, pending = [] } = state ?? {};
    return { identity: entry.identity, since: this.#now(entry), lastRunAt, totalRunCount, pending };
  }

  #remove(name: string): void {
    const row = this.#rows.get(name);
    if (row) row.place = undefined;
    this.#rows.delete(name);
  }

  /** What is now for an entry. */
  #now(entry: Entry): number {
    const { nowfun } = entry.schedule;
    return nowfun === undefined ? this.#parts.clock.now() : Number(nowfun());
  }

  #place(row: Row): void {
    row.place = undefined;
    const { entry, state } = row;
    if (state.totalRunCount >= entry.maxRuns) return;
    const at = entry.next(state.since);
    if (at === undefined) return;
    const offset = this.#now(entry) - this.#parts.clock.now();
    row.place = { row, dueAt: at + this.#jitter(entry, at) - offset };
    this.#heap.push(row.place);
  }

  #jitter(entry: Entry, at: number): number {
    return jitterOf({ scope: this.#parts.scope, name: entry.name, at }, entry.jitterMs);
  }

  #next(): Place | undefined {
    for (let first = this.#heap.peek(); first !== undefined; first = this.#heap.peek()) {
      if (first.row.place === first) return first;
      this.#heap.pop();
    }
    return undefined;
  }

  #takeDue(now: number): Row[] {
    const rows: Row[] = [];
    for (let first = this.#next(); first !== undefined && first.dueAt <= now; first = this.#next()) {
      this.#heap.pop();
      first.row.place = undefined;
      rows.push(first.row);
      if (rows.length === MAX_AT_ONCE) break;
    }
    return rows;
  }

  /** Claims what is due, all at once, and hands it on to be sent. */
  async #fire(rows: readonly Row[]): Promise<void> {
    if (!this.#isValid()) return this.end();
    const plans = await Promise.all(rows.map((row) => this.#plan(row)));
    const before = rows.map(({ state }) => state);
    try {
      await Promise.all(
        rows.map((row, index) => {
          // At once, so that a run that ends meanwhile is recorded on top of it and not below.
          row.state = claimed(row, plans[index] as Plan);
          return this.#saves.add([row.entry.name, row.state]);
        }),
      );
    } catch (error) {
      this.#refused(asError(error), rows, before);
      return;
    }
    rows.forEach((row, index) => {
      const { runs, missed } = plans[index] as Plan;
      if (this.#rows.get(row.entry.name) === row) this.#place(row);
      if (missed !== undefined) this.#miss(row.entry.name, missed);
      for (const at of runs) this.#send(row, at);
    });
  }

  async #plan(row: Row): Promise<Plan> {
    const { entry, state } = row;
    const plan = planRuns(entry, {
      since: state.since,
      now: this.#now(entry),
      left: entry.maxRuns - state.totalRunCount,
      jitterOf: (at) => this.#jitter(entry, at),
    });
    if (entry.overlap === "allow" || plan.runs.length === 0 || !(await this.#goesOn(row))) return plan;
    for (const at of plan.runs) {
      this.#parts.logger.info({ entry: entry.name, at: new Date(at) }, "left out: the run before it goes on");
      this.#parts.listeners.overlapped?.(entry.name, new Date(at));
    }
    return { ...plan, runs: [] };
  }

  /** Whether the last run has not ended. Who cannot tell does not hold up the schedule. */
  async #goesOn({ entry, state, sending }: Row): Promise<boolean> {
    const { isRunning, scope, logger } = this.#parts;
    if (sending > 0) return true;
    if (isRunning === undefined || state.lastRunAt === null) return false;
    const { name, task } = entry;
    try {
      const at = state.lastRunAt;
      const id = occurrenceId({ scope, name, at });
      return Boolean(await isRunning({ id, name, task, scheduledAt: new Date(at) }));
    } catch (error) {
      logger.warn({ entry: name, err: asError(error) }, "cannot tell whether the last run has ended");
      return false;
    }
  }

  #refused(error: Error, rows: readonly Row[], before: readonly EntryState[]): void {
    const { clock, logger } = this.#parts;
    if (QError.is(error) && error.code === "ERR_Q_BEAT_FENCED") return this.end();
    logger.error({ err: error, entries: rows.length }, "the schedule cannot be recorded; nothing was sent");
    rows.forEach((row, index) => {
      row.state = before[index] as EntryState;
      row.place = { row, dueAt: clock.now() + STORE_RETRY_MS };
      this.#heap.push(row.place);
    });
  }

  #send(row: Row, at: number): void {
    if (!this.#isValid()) return;
    const { entry } = row;
    const { scope } = this.#parts;
    const id = occurrenceId({ scope, name: entry.name, at });
    // While it is the latest one; with `all` every occurrence counts.
    const isWorthIt = (): boolean =>
      this.#isValid() &&
      this.#now(entry) - at <= entry.misfireWindowMs + entry.jitterMs &&
      (entry.misfire === "all" || row.state.since <= at);
    row.sending++;
    void this.#delivery.deliver(runOf(entry, id, at), isWorthIt).then(async (end) => {
      row.sending--;
      if (end === "interrupted") return;
      if (end === "abandoned") this.#miss(entry.name, { count: 1, isMore: false, from: at, to: at });
      row.state = { ...row.state, pending: row.state.pending.filter((one) => one !== at) };
      await this.#saves.add([entry.name, row.state]).catch((error: unknown) => {
        this.#parts.logger.debug(
          { entry: entry.name, err: asError(error) },
          "a sent run could not be recorded",
        );
      });
    });
  }

  #runRequest({ id, name }: RunRequest, entry: Entry | undefined): void {
    const { store, logger, clock } = this.#parts;
    if (this.#requests.has(id)) return;
    this.#requests.add(id);
    const done = async (): Promise<void> => {
      await store.change({ kind: "done", id }).catch((error: unknown) => {
        logger.warn({ entry: name, err: asError(error) }, "a run that was asked for could not be ticked off");
      });
      this.#requests.delete(id);
    };
    if (entry === undefined) {
      logger.warn({ entry: name }, "a run was asked for, but there is no such entry");
      void done();
      return;
    }
    void (async () => {
      const end = await this.#delivery.deliver(runOf(entry, id, clock.now()), this.#isValid);
      if (end !== "interrupted") await done();
    })();
  }

  #miss(name: string, missed: Missed): void {
    const { logger, listeners } = this.#parts;
    const [from, to] = [new Date(missed.from), new Date(missed.to)];
    logger.warn({ entry: name, count: missed.count, isMore: missed.isMore, from, to }, "missed occurrences");
    listeners.missed?.(name, missed);
  }

  /** A clock that was put back takes the intervals along: they count elapsed time. */
  #followClock(): void {
    const jumpMs = this.#watch.jump();
    if (jumpMs === 0) return;
    this.#parts.logger.warn({ jumpMs }, "the clock was set");
    for (const row of this.#rows.values()) {
      if (jumpMs < 0 && row.entry.schedule.countsElapsedTime === true)
        row.state = { ...row.state, since: row.state.since + jumpMs };
      this.#place(row);
    }
  }
}

function claimed({ state }: Row, { runs, since }: Plan): EntryState {
  return {
    identity: state.identity,
    since,
    lastRunAt: runs.at(-1) ?? state.lastRunAt,
    totalRunCount: state.totalRunCount + runs.length,
    pending: [...state.pending, ...runs],
  };
}

function runOf({ name, task, args, kwargs, options }: Entry, id: string, at: number): Run {
  return { id, name, task, args, kwargs, options, scheduledAt: new Date(at) };
}
