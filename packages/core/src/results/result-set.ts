import type { App } from "../app/app.ts";
import { SyncSubtaskError, UnboundSignatureError } from "../errors.ts";
import { holdsWorkerSlot } from "../tasks/task-context.ts";
import type { AsyncResult } from "./async-result.ts";
import type { ResultHandle } from "./result-handle.ts";
import { PROPAGATE_STATES, READY_STATES } from "./states.ts";
import { checkGetOptions, type GetOptions, type JoinOptions } from "./wait-limit.ts";

/** How one member of a set ended. */
export type MemberEnd<TValue> =
  | { readonly index: number; readonly result: ResultHandle; readonly ok: true; readonly value: TValue }
  | { readonly index: number; readonly result: ResultHandle; readonly ok: false; readonly error: Error };

/** How far a set has come. */
export interface Progress {
  readonly total: number;
  /** Ended well. */
  readonly successful: number;
  /** Failed or revoked. */
  readonly failed: number;
  /** Not ended. */
  readonly waiting: number;
}

/**
 * Results that are asked about together: one question to the backend for all of them.
 *
 * @see celery/result.py, ResultSet
 */
export class ResultSet<out TResults extends readonly unknown[] = readonly unknown[]> {
  readonly #app: App | undefined;
  readonly #results: ResultHandle[];

  /** An app is needed only to ask for results: an empty set may be without. */
  constructor(app: App | undefined, results: Iterable<ResultHandle> = []) {
    this.#app = app;
    this.#results = [...results];
  }

  /** The app whose backend has the results. @throws {UnboundSignatureError} of an empty set that has none */
  get app(): App {
    if (this.#app === undefined) throw new UnboundSignatureError(String(this));
    return this.#app;
  }

  /** The results, in their order. */
  get results(): readonly ResultHandle[] {
    return this.#results;
  }

  get length(): number {
    return this.#results.length;
  }

  [Symbol.iterator](): Iterator<ResultHandle> {
    return this.#results.values();
  }

  /** Adds a result, unless one of its id is there. */
  add(result: ResultHandle): void {
    if (!this.#results.some(({ id }) => id === result.id)) this.#results.push(result);
  }

  /** Removes a result, if it is there; its stored value stays. */
  discard(result: ResultHandle | string): boolean {
    const id = typeof result === "string" ? result : result.id;
    const index = this.#results.findIndex((one) => one.id === id);
    if (index >= 0) this.#results.splice(index, 1);
    return index >= 0;
  }

  /** Removes a result. @throws {RangeError} when it is not there */
  remove(result: ResultHandle | string): void {
    if (!this.discard(result)) throw new RangeError(`no result ${String(result)} in this set`);
  }

  /** Adds results. */
  update(results: Iterable<ResultHandle>): void {
    for (const result of results) this.add(result);
  }

  /** Removes all results. */
  clear(): void {
    this.#results.length = 0;
  }

  /** The results of single tasks in it, those of groups inside taken apart. */
  leaves(): AsyncResult<unknown>[] {
    return this.#results.flatMap((result) => ("results" in result ? result.leaves() : [result]));
  }

  /** All have ended. */
  async ready(): Promise<boolean> {
    return (await this.progress()).waiting === 0;
  }

  /** All have ended well. */
  async successful(): Promise<boolean> {
    const { total, successful } = await this.progress();
    return successful === total;
  }

  /** At least one has failed. */
  async failed(): Promise<boolean> {
    return (await this.progress()).failed > 0;
  }

  /** At least one has not ended. */
  async waiting(): Promise<boolean> {
    return (await this.progress()).waiting > 0;
  }

  /** How many have ended well. */
  async completedCount(): Promise<number> {
    return (await this.progress()).successful;
  }

  /** How far it has come, tasks of groups inside counted one by one. */
  async progress(): Promise<Progress> {
    const { leafMetas } = await import("./leaf-ends.ts");
    const leaves = this.leaves();
    const metas = leaves.length === 0 ? [] : await leafMetas(this.app, leaves);
    const states = metas.map((meta) => meta?.status ?? "PENDING");
    const ready = states.filter((state) => READY_STATES.has(state)).length;
    const failed = states.filter((state) => PROPAGATE_STATES.has(state)).length;
    return { total: states.length, successful: ready - failed, failed, waiting: states.length - ready };
  }

  /**
   * Waits for all and returns their values, in their order; values of groups inside are lists.
   *
   * @throws the error of the first one seen to fail, unless `propagate` is false: then errors stand among the values
   * @throws {TimeoutError} when `timeout` is over first
   * @throws {SyncSubtaskError} inside a task that a worker runs
   */
  async get(options: JoinOptions = {}): Promise<TResults> {
    checkWait(options);
    const { propagate = true, callback } = options;
    const leaves = this.leaves();
    if (leaves.length === 0) return this.#assembled(NO_VALUES);
    const { leafEnds } = await import("./leaf-ends.ts");
    const values = new Map<string, unknown>();
    for await (const end of leafEnds(this.app, leaves, options)) {
      if (end.error && propagate) throw end.error;
      values.set(end.id, end.error ?? end.value);
      callback?.(end.id, end.error ?? end.value);
    }
    return this.#assembled(values);
  }

  #assembled(values: ReadonlyMap<string, unknown>): TResults {
    return this.#results.map((result) => assembled(result, values)) as unknown as TResults;
  }

  /** The same as {@link get}, under Celery's other name. */
  join(options: JoinOptions = {}): Promise<TResults> {
    return this.get(options);
  }

  /** The same as {@link get}: every backend is waited on in its own way. */
  joinNative(options: JoinOptions = {}): Promise<TResults> {
    return this.get(options);
  }

  /** The members as they end, whichever is first; a failed one is among them like any other. */
  async *iterate(options: GetOptions = {}): AsyncGenerator<MemberEnd<TResults[number]>, void, undefined> {
    checkWait(options);
    const owners = new Map<string, OpenMember[]>();
    for (const [index, result] of this.#results.entries()) {
      const ids = leafIds(result);
      const member: OpenMember = { index, result, left: ids.length, error: undefined };
      if (ids.length === 0) yield { index, result, ok: true, value: assembled(result, NO_VALUES) as never };
      for (const id of ids) owners.set(id, [...(owners.get(id) ?? []), member]);
    }
    if (owners.size === 0) return;
    const { leafEnds } = await import("./leaf-ends.ts");
    const values = new Map<string, unknown>();
    for await (const { id, value, error } of leafEnds(this.app, this.leaves(), options)) {
      values.set(id, value);
      for (const member of owners.get(id) ?? []) {
        member.error ??= error;
        if (--member.left === 0) yield memberEnd<TResults[number]>(member, values);
      }
    }
  }

  [Symbol.asyncIterator](): AsyncGenerator<MemberEnd<TResults[number]>, void, undefined> {
    return this.iterate();
  }

  /** Throws the error of the first that has failed by now. */
  async maybeThrow(): Promise<void> {
    for (const leaf of this.leaves()) await leaf.maybeThrow();
  }

  /** Removes all stored results. */
  async forget(): Promise<void> {
    const ids = this.leaves().map(({ id }) => id);
    if (ids.length > 0) await (await this.app.backend()).forget(ids);
  }

  toString(): string {
    return `<ResultSet: [${this.#results.map(String).join(", ")}]>`;
  }

  /** Asks every worker not to run any of the tasks, in one message. */
  async revoke(options: { terminate?: boolean; signal?: string } = {}): Promise<void> {
    const ids = this.leaves().map(({ id }) => id);
    if (ids.length > 0) await this.app.revoke(ids, options);
  }
}

function checkWait(options: JoinOptions): void {
  checkGetOptions(options);
  const { disableSyncSubtasks = true } = options;
  if (holdsWorkerSlot() && disableSyncSubtasks) throw new SyncSubtaskError();
}

/** A member of which something has not ended. */
interface OpenMember {
  readonly index: number;
  readonly result: ResultHandle;
  left: number;
  error: Error | undefined;
}

const NO_VALUES: ReadonlyMap<string, unknown> = new Map();

function leafIds(result: ResultHandle): string[] {
  return "results" in result ? result.leaves().map(({ id }) => id) : [result.id];
}

/** The value of a member from those of its tasks. */
function assembled(result: ResultHandle, values: ReadonlyMap<string, unknown>): unknown {
  if (!("results" in result)) return values.get(result.id);
  return result.results.map((member) => assembled(member, values));
}

function memberEnd<TValue>(
  { index, result, error }: OpenMember,
  values: ReadonlyMap<string, unknown>,
): MemberEnd<TValue> {
  if (error) return { index, result, ok: false, error };
  return { index, result, ok: true, value: assembled(result, values) as TValue };
}
