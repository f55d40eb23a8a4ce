import { asError, Batcher, deferred, type Deferred, QError } from "@q/kernel";
import { Alarm } from "./alarm.ts";
import { type Claim, claimed, unclaimed, without } from "./claim.ts";
import type { BeatStore, EntryState, Lease, RunRequest } from "./contracts.ts";
import { Delivery } from "./delivery.ts";
import type { Entry } from "./entry.ts";
import type { BeatListeners } from "./listeners.ts";
import { isInTime, type Missed, type Plan, planRuns } from "./misfires.ts";
import { occurrenceId } from "./occurrence-id.ts";
import { goesOn, type OverlapParts } from "./overlap.ts";
import type { Run } from "./run.ts";
import { type BookEntry, type BookParts, ScheduleBook } from "./schedule-book.ts";
import { type Row, Timetable } from "./timetable.ts";

/** Entries handled between two looks at the clock. */
const MAX_AT_ONCE = 1000;
/** States written at once. */
const MAX_BATCH = 500;
const STORE_RETRY_MS = 1000;
/** Clocks of machines differ by less; what is recorded further ahead is the work of a clock that was wrong. */
const MAX_SKEW_MS = 60_000;

/** What a term of leadership works with. */
export interface TermParts extends BookParts, OverlapParts {
  readonly store: BeatStore;
  readonly send: (run: Run) => unknown;
  readonly maxIntervalMs: number;
  readonly listeners: BeatListeners;
}

/**
 * The time during which one beat sends. It first records what it is about to send, under the token of its lease, and
 * sends then: who comes after it knows what was begun, and never begins it again under another id.
 */
export class Term {
  readonly #parts: TermParts;
  readonly #lease: Lease;
  readonly #isValid: () => boolean;
  readonly #book: ScheduleBook;
  readonly #timetable: Timetable;
  readonly #alarm: Alarm;
  /** States to record; an entry without one is forgotten. */
  readonly #saves: Batcher<readonly [name: string, state: EntryState | undefined]>;
  readonly #delivery: Delivery;
  readonly #end = new AbortController();
  /** Runs that are being sent, or recorded as sent, and who waits for their end. */
  #underWay = 0;
  #settled: Deferred<void> | undefined;
  /** Runs that were asked for and seen by this term. */
  readonly #requests = new Set<string>();
  #version = -1;

  /** `isValid` tells whether the lease can still be relied upon. */
  constructor(parts: TermParts, lease: Lease, isValid: () => boolean) {
    this.#parts = parts;
    this.#lease = lease;
    this.#isValid = isValid;
    this.#book = new ScheduleBook(parts);
    this.#timetable = new Timetable(parts);
    this.#alarm = new Alarm(parts.clock);
    this.#saves = new Batcher({
      flush: (changes) => this.#write(new Map(changes)),
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
      isValid,
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
    if (this.#underWay === 0) return;
    this.#settled ??= deferred();
    await this.#settled.promise;
  }

  /** Takes the entries from the store: first all of them, then what was changed. */
  async load(): Promise<void> {
    const { store } = this.#parts;
    const isFirst = this.#version < 0;
    const { version, entries: stored, requests } = await store.load(isFirst ? {} : { since: this.#version });
    const book = isFirst
      ? this.#book.all(stored)
      : stored.flatMap((one) => this.#book.entry(one.name, one) ?? []);
    const names = new Set(book.map(({ entry }) => entry.name));
    const gone = stored.filter(({ name }) => !names.has(name));
    for (const { name } of gone) this.#timetable.remove(name);
    const fresh = book.flatMap((one) => {
      const state = this.#put(one);
      return state === undefined ? [] : [this.#saves.add([one.entry.name, state])];
    });
    // Others may be able to read what we cannot, or have an entry in their program that somebody has paused.
    const forgotten = gone
      .filter(({ definition, enabled }) => definition === null && enabled === null)
      .map(({ name }) => name);
    await Promise.all([...fresh, ...forgotten.map((name) => this.#saves.add([name, undefined]))]);
    for (const request of requests) this.#background(this.#runRequest(request));
    this.#version = version;
    this.#alarm.ring();
  }

  /** Sends what is due until the term ends. Never rejects. */
  async run(): Promise<void> {
    const { maxIntervalMs } = this.#parts;
    while (!this.#end.signal.aborted) {
      this.#timetable.followClock();
      const rows = this.#timetable.takeDue(MAX_AT_ONCE);
      if (rows.length > 0) await this.#fire(rows);
      else await this.#alarm.wait(Math.min(this.#timetable.restMs(), maxIntervalMs));
    }
  }

  async #write(changes: ReadonlyMap<string, EntryState | undefined>): Promise<void> {
    const { store } = this.#parts;
    const states = [...changes].filter((one): one is [string, EntryState] => one[1] !== undefined);
    if (states.length > 0) await store.save(new Map(states), this.#lease);
    const forgotten = [...changes.keys()].filter((name) => changes.get(name) === undefined);
    if (forgotten.length > 0) await store.forget(forgotten, this.#lease);
  }

  /** Takes an entry in; returns its state when that is not in the store yet. */
  #put({ entry, stored, isEnabled }: BookEntry): EntryState | undefined {
    const known = this.#timetable.get(entry.name);
    const before = known?.state ?? stored?.state ?? undefined;
    // One that never ran counts from when it is resumed.
    if (before === undefined && !isEnabled) return undefined;
    const state = this.#stateOf(entry, before);
    const row = this.#timetable.put(entry, { state, isEnabled });
    if (isEnabled) this.#sendHeld(row);
    return row.state === before ? undefined : row.state;
  }

  /** Sends what a beat before this one has claimed and may not have sent; what is too old by now is missed. */
  #sendHeld(row: Row): void {
    const { entry, held } = row;
    row.held = [];
    const now = this.#timetable.now(entry);
    for (const at of held) {
      if (isInTime(entry, at, now)) this.#send(row, at);
      else this.#abandon(row, at);
    }
  }

  /** The state to go on from; an entry that is new, or another one than before, counts from now. */
  #stateOf(entry: Entry, state: EntryState | undefined): EntryState {
    const now = this.#timetable.now(entry);
    if (state?.identity === entry.identity) {
      if (entry.schedule.countsElapsedTime !== true || state.since <= now + MAX_SKEW_MS) return state;
      const fields = { entry: entry.name, since: new Date(state.since) };
      this.#parts.logger.warn(
        fields,
        "an interval was recorded by a clock that was ahead: it counts from now",
      );
      return { ...state, since: now };
    }
    if (state) {
      this.#parts.logger.info(
        { entry: entry.name, before: state.identity, now: entry.identity },
        "the schedule or the time zone of an entry has changed: it starts anew",
      );
    }
    const { lastRunAt = null, totalRunCount: count = 0, pending = [] } = state ?? {};
    const totalRunCount = entry.maxRuns === Infinity ? count : 0;
    return { identity: entry.identity, since: now, lastRunAt, totalRunCount, pending };
  }

  /** Claims what is due, all at once, and hands it on to be sent. */
  async #fire(rows: readonly Row[]): Promise<void> {
    const isFree = (row: Row): boolean => row.entry.overlap === "allow";
    for (const row of rows) if (!isFree(row)) this.#background(this.#fireWhenEnded(row));
    await this.#claim(rows.filter(isFree).map((row) => ({ row, plan: this.#planOf(row) })));
  }

  #planOf({ entry, state }: Row): Plan {
    return planRuns(entry, {
      since: state.since,
      now: this.#timetable.now(entry),
      left: entry.maxRuns - state.totalRunCount,
      jitterOf: (at) => this.#timetable.jitter(entry, at),
    });
  }

  /** Claims what is due of an entry whose runs must not overlap; leaves it out when the last run goes on. */
  async #fireWhenEnded(row: Row): Promise<void> {
    const { entry } = row;
    row.isAsked = true;
    const isOver = !(await goesOn(this.#parts, row, this.#end.signal));
    row.isAsked = false;
    if (this.#end.signal.aborted) return;
    // It may have been changed or paused while that was found out.
    if (row.entry === entry && row.isEnabled) await this.#claimIf(isOver, row);
    else this.#timetable.schedule(row);
    // The loop does not know that it is due again.
    this.#alarm.ring();
  }

  async #claimIf(isOver: boolean, row: Row): Promise<void> {
    const { entry } = row;
    const plan = this.#planOf(row);
    // Of several that are made up for, the first would go on when the second begins.
    const runs = isOver ? plan.runs.slice(0, 1) : [];
    for (const at of plan.runs.slice(runs.length)) {
      this.#parts.logger.info({ entry: entry.name, at: new Date(at) }, "left out: the run before it goes on");
      this.#parts.listeners.overlapped?.(entry.name, new Date(at));
    }
    await this.#claim([{ row, plan: { ...plan, runs } }]);
  }

  /** Records what is about to be sent, and sends it. */
  async #claim(planned: readonly { readonly row: Row; readonly plan: Plan }[]): Promise<void> {
    if (!this.#isValid()) return this.end();
    const claims: Claim[] = planned.map(({ row, plan }) => ({ row, plan, before: row.state }));
    // At once, so that a run that ends meanwhile is recorded on top of it and not below.
    for (const { row, plan } of claims) row.state = claimed(row, plan);
    try {
      await Promise.all(claims.map(({ row }) => this.#saves.add([row.entry.name, row.state])));
    } catch (error) {
      this.#refused(asError(error), claims);
      return;
    }
    for (const { row, plan } of claims) {
      this.#timetable.schedule(row);
      if (plan.missed !== undefined) this.#miss(row.entry.name, plan.missed);
      for (const at of plan.runs) this.#send(row, at);
    }
  }

  #refused(error: Error, claims: readonly Claim[]): void {
    if (QError.is(error) && error.code === "ERR_Q_BEAT_FENCED") return this.end();
    this.#parts.logger.error(
      { err: error, entries: claims.length },
      "the schedule cannot be recorded; nothing was sent",
    );
    for (const claim of claims) {
      claim.row.state = unclaimed(claim);
      this.#timetable.postpone(claim.row, STORE_RETRY_MS);
    }
  }

  #send(row: Row, at: number): void {
    const { entry } = row;
    const { scope, logger } = this.#parts;
    const id = occurrenceId({ scope, name: entry.name, at });
    // While it is the latest one; with `all` every occurrence counts.
    const isWorthIt = (): boolean =>
      this.#timetable.now(entry) - at <= entry.misfireWindowMs + entry.jitterMs &&
      (entry.misfire === "all" || row.state.since <= at);
    const run = runOf(entry, id, at);
    const sendAndRecord = async (): Promise<void> => {
      row.sending++;
      const end = await this.#delivery.deliver(run, isWorthIt);
      row.sending--;
      if (end === "interrupted") return;
      if (end === "abandoned") this.#abandon(row, at);
      else row.state = without(row.state, at);
      if (this.#timetable.get(entry.name) !== row) return;
      await this.#saves.add([entry.name, row.state]).catch((error: unknown) => {
        logger.debug({ entry: entry.name, err: asError(error) }, "a sent run could not be recorded");
      });
    };
    this.#background(sendAndRecord());
  }

  /** Sends a run that was asked for, once in this term, and ticks it off in the store. */
  async #runRequest({ id, name }: RunRequest): Promise<void> {
    if (this.#requests.has(id)) return;
    this.#requests.add(id);
    const { store, logger, clock } = this.#parts;
    try {
      // A paused entry may have no row.
      const [stored] = (await store.load({ name })).entries;
      const entry = this.#book.entry(name, stored)?.entry;
      if (entry === undefined)
        logger.warn({ entry: name }, "a run was asked for, but there is no such entry");
      else if ((await this.#delivery.deliver(runOf(entry, id, clock.now()), () => true)) === "interrupted")
        return;
      await store.change({ kind: "done", id });
    } catch (error) {
      logger.warn({ entry: name, err: asError(error) }, "a run that was asked for could not be ticked off");
    }
  }

  /** `work` never rejects. */
  #background(work: Promise<void>): void {
    this.#underWay++;
    void work.then(() => {
      if (--this.#underWay === 0) this.#settled?.resolve();
    });
  }

  #abandon(row: Row, at: number): void {
    row.state = without(row.state, at);
    this.#miss(row.entry.name, { count: 1, isMore: false, from: at, to: at });
  }

  #miss(name: string, missed: Missed): void {
    const { logger, listeners } = this.#parts;
    const [from, to] = [new Date(missed.from), new Date(missed.to)];
    logger.warn({ entry: name, count: missed.count, isMore: missed.isMore, from, to }, "missed occurrences");
    listeners.missed?.(name, missed);
  }
}

function runOf({ name, task, args, kwargs, options }: Entry, id: string, at: number): Run {
  return { id, name, task, args, kwargs, options, scheduledAt: new Date(at) };
}
