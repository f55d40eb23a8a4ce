import { Mailbox } from "@q/kernel";
import type { ResultMeta } from "./contracts.ts";

/** What tells two stored states of one task apart: the stored bytes, or a number that grows. */
export type StateMark = Buffer | number;

/** One iteration over the states of some tasks. */
export class Watch {
  readonly ids: ReadonlySet<string>;
  readonly #mailbox = new Mailbox<ResultMeta | Error>();
  readonly #marks = new Map<string, StateMark>();

  constructor(ids: readonly string[]) {
    this.ids = new Set(ids);
  }

  /** Hands a state over, unless it is the one that was handed over last: it may come as present state *and* as news. */
  give(meta: ResultMeta, mark: StateMark): void {
    if (isSame(this.#marks.get(meta.taskId), mark)) return;
    this.#marks.set(meta.taskId, mark);
    this.#mailbox.put(meta);
  }

  /** The iteration throws `error` after what was handed over before. */
  fail(error: Error): void {
    this.#mailbox.put(error);
  }

  /** What was handed over, as it comes, until `signal` aborts. */
  async *states(signal: AbortSignal): AsyncGenerator<ResultMeta, void, undefined> {
    for (;;) {
      const next = await this.#mailbox.take(signal);
      if (next === undefined) return;
      if (next instanceof Error) throw next;
      yield next;
    }
  }
}

/** Who waits for which task. */
export class Watchers {
  readonly #byId = new Map<string, Set<Watch>>();

  /** Tasks that somebody waits for. */
  get size(): number {
    return this.#byId.size;
  }

  ids(): string[] {
    return [...this.#byId.keys()];
  }

  has(id: string): boolean {
    return this.#byId.has(id);
  }

  of(id: string): ReadonlySet<Watch> {
    return this.#byId.get(id) ?? nobody;
  }

  all(): Set<Watch> {
    const found = new Set<Watch>();
    for (const watches of this.#byId.values()) for (const watch of watches) found.add(watch);
    return found;
  }

  add(ids: readonly string[]): Watch {
    const watch = new Watch(ids);
    for (const id of watch.ids) {
      const watches = this.#byId.get(id);
      if (watches) watches.add(watch);
      else this.#byId.set(id, new Set([watch]));
    }
    return watch;
  }

  remove(watch: Watch): void {
    for (const id of watch.ids) {
      const watches = this.#byId.get(id);
      if (watches?.delete(watch) && watches.size === 0) this.#byId.delete(id);
    }
  }

  /** Tells everybody who waits for the task. */
  give(meta: ResultMeta, mark: StateMark): void {
    for (const watch of this.of(meta.taskId)) watch.give(meta, mark);
  }

  /** Ends all iterations with an error. */
  failAll(error: Error): void {
    for (const watch of this.all()) watch.fail(error);
  }
}

const nobody: ReadonlySet<Watch> = new Set();

function isSame(last: StateMark | undefined, mark: StateMark): boolean {
  if (typeof last === "object" && typeof mark === "object") return last.equals(mark);
  return last === mark;
}
