import { type Cancel, ClosedError, sleep } from "@q/kernel";
import { ExecutorStartError, RestartFrequencyError } from "../errors.ts";
import type { SpawnExecutor } from "./executor-handle.ts";
import { type ExecutorOwner, RemoteExecutor } from "./remote-executor.ts";
import type { RemoteSettings } from "./remote-options.ts";
import { RestartGuard } from "./restart-guard.ts";

/** Attempts to start executors, in a row and without success, after which the start of the pool fails. */
const MAX_START_FAILURES = 3;

interface Waiter {
  readonly isOver: () => boolean;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/** What a {@link Crew} is made with. */
export interface CrewParts {
  readonly settings: RemoteSettings;
  readonly spawn: SpawnExecutor;
  readonly owner: Omit<ExecutorOwner, "onEnded">;
}

/**
 * The executors of a pool: keeps as many of them alive as are wanted.
 *
 * States: *new* → *starting* (the first ones come up; a failure is the caller's) → *open* (who ends is replaced, a
 * failure is tried again) → *closed* (nobody is started any more).
 */
export class Crew {
  readonly #parts: CrewParts;
  readonly #guard: RestartGuard;
  readonly #members = new Map<number, RemoteExecutor>();
  /** The same as a list, for those who look often. */
  #list: readonly RemoteExecutor[] = [];
  readonly #wanted = new Set<number>();
  readonly #starts = new Map<number, Cancel>();
  #waiters: Waiter[] = [];
  #startFailures = 0;
  #isOpen = false;
  #isClosed = false;
  lost = 0;
  restarts = 0;
  #retiredJobs = 0;
  #retiredBatches = 0;

  constructor(parts: CrewParts) {
    this.#parts = parts;
    const { maxRestarts, restartWindowMs } = parts.settings;
    this.#guard = new RestartGuard({ maxRestarts, windowMs: restartWindowMs });
  }

  get members(): readonly RemoteExecutor[] {
    return this.#list;
  }

  /** Executors that there should be. */
  get size(): number {
    return this.#wanted.size;
  }

  /** Jobs handed to executors, those that have ended included, and the writes that took them there. */
  get writes(): { readonly jobs: number; readonly batches: number } {
    const all = this.members.map((member) => member.writes);
    return {
      jobs: all.reduce((sum, { jobs }) => sum + jobs, this.#retiredJobs),
      batches: all.reduce((sum, { batches }) => sum + batches, this.#retiredBatches),
    };
  }

  /**
   * Starts the first executors; resolves when all are ready.
   *
   * @throws {ExecutorStartError} when one cannot be started
   */
  async open(size: number): Promise<void> {
    if (this.#isClosed || this.#wanted.size > 0) return;
    await this.grow(size);
    this.#isOpen = true;
  }

  /** Adds executors; resolves when they are ready. */
  async grow(by: number): Promise<void> {
    const added: number[] = [];
    for (let index = 0; added.length < by; index++) {
      if (!this.#wanted.has(index) && !this.#members.has(index)) added.push(index);
    }
    for (const index of added) {
      this.#wanted.add(index);
      this.#spawn(index);
    }
    await this.#until(() => added.every((index) => this.#isReady(index)));
  }

  /** Removes executors, idle ones first. */
  shrink(by: number): void {
    const load = (index: number): number => this.#members.get(index)?.load ?? 0;
    const victims = [...this.#wanted].toSorted((a, b) => load(a) - load(b) || b - a).slice(0, by);
    for (const index of victims) {
      this.#wanted.delete(index);
      this.#starts.get(index)?.();
      this.#starts.delete(index);
      this.#members.get(index)?.retire();
    }
    this.#look();
  }

  /** Replaces everyone; resolves when the new ones are ready. */
  async restart(): Promise<void> {
    const old = new Set(this.#members.values());
    for (const member of old) member.retire();
    await this.#until(() =>
      [...this.#wanted].every(
        (index) => this.#isReady(index) && !old.has(this.#members.get(index) as RemoteExecutor),
      ),
    );
  }

  /** Lets everyone end, and starts nobody any more; resolves when all have ended. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const cancel of this.#starts.values()) cancel();
    this.#starts.clear();
    this.#look();
    for (const member of this.#members.values()) member.retire();
    await new Promise<void>((resolve) => {
      this.#waiters.push({ isOver: () => this.#members.size === 0, resolve, reject: () => resolve() });
      this.#look();
    });
  }

  /** An executor has something to do: it works. */
  worked(): void {
    this.#guard.succeeded();
  }

  #isReady(index: number): boolean {
    return this.#members.get(index)?.state === "ready" || !this.#wanted.has(index);
  }

  #until(isOver: () => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiters.push({ isOver, resolve, reject });
      this.#look();
    });
  }

  #look(error?: Error): void {
    const waiters = this.#waiters;
    this.#waiters = [];
    const closed = this.#isClosed ? new ClosedError("the pool was stopped") : undefined;
    for (const waiter of waiters) {
      if (waiter.isOver()) waiter.resolve();
      else if (error) waiter.reject(error);
      else if (closed && this.#members.size === 0) waiter.reject(closed);
      else this.#waiters.push(waiter);
    }
  }

  #spawn(index: number): void {
    this.#starts.delete(index);
    if (this.#isClosed || !this.#wanted.has(index)) return;
    const { settings, spawn, owner } = this.#parts;
    const member: RemoteExecutor = new RemoteExecutor({
      index,
      settings,
      spawn,
      owner: {
        ...owner,
        onRoom: (executor) => {
          this.#startFailures = 0;
          owner.onRoom(executor);
          if (this.#waiters.length > 0) this.#look();
        },
        onEnded: (executor, error) => this.#onEnded(executor, error),
      },
    });
    this.#members.set(index, member);
    this.#list = [...this.#members.values()];
  }

  #onEnded(executor: RemoteExecutor, error: Error | undefined): void {
    const { index } = executor;
    const { jobs, batches } = executor.writes;
    this.#retiredJobs += jobs;
    this.#retiredBatches += batches;
    this.#members.delete(index);
    this.#list = [...this.#members.values()];
    const isMissed = this.#wanted.has(index) && !this.#isClosed;
    if (error && isMissed) this.lost++;
    this.#parts.settings.onExecutorDown?.(executor, isMissed ? error : undefined);
    if (isMissed) this.#replace(executor, error);
    this.#look();
  }

  #replace(executor: RemoteExecutor, error: Error | undefined): void {
    const { index } = executor;
    this.restarts++;
    if (error === undefined) return this.#spawn(index);
    if (error instanceof ExecutorStartError) {
      this.#parts.settings.onError?.(error);
      // An error of the module itself will be the same next time.
      const isFinal = error.cause !== undefined && !("exitCode" in (error.cause as object));
      if (!this.#isOpen && (isFinal || ++this.#startFailures >= MAX_START_FAILURES)) return this.#look(error);
    }
    const delayMs = this.#guard.died(executor.hasWorked ? "at work" : "without work");
    if (this.#guard.isExceeded) {
      const text = `executors died too often: the next one is started in ${delayMs} ms. Last: ${error.message}`;
      this.#parts.settings.onError?.(new RestartFrequencyError(text, { cause: error }));
    }
    if (delayMs === 0) return this.#spawn(index);
    this.#spawnAfter(delayMs, index);
  }

  /** Keeps the program alive meanwhile, as an executor would: somebody may wait for its job. */
  #spawnAfter(delayMs: number, index: number): void {
    const cancelled = new AbortController();
    const { signal } = cancelled;
    this.#starts.set(index, () => cancelled.abort());
    void sleep(delayMs, { signal }).then(() => {
      if (!signal.aborted) this.#spawn(index);
    });
  }
}
