import type { ChordStore } from "./chord-store.ts";
import type {
  BackendCapabilities,
  GroupStore,
  ReplyAddress,
  ResultBackend,
  ResultMeta,
  RevocationStore,
  StoreOptions,
} from "./contracts.ts";

/**
 * A backend that remembers the successes it has seen, which cannot change any more, and asks the store for the rest.
 * The least recently used go first.
 *
 * @see settings: result_cache_max
 */
export class CachingBackend implements ResultBackend {
  readonly #backend: ResultBackend;
  readonly #max: number;
  readonly #successes = new Map<string, ResultMeta>();

  /** `max` 0 means no limit. */
  constructor(backend: ResultBackend, max: number) {
    this.#backend = backend;
    this.#max = max === 0 ? Infinity : max;
  }

  get capabilities(): BackendCapabilities {
    return this.#backend.capabilities;
  }

  get replyTo(): string | undefined {
    return this.#backend.replyTo;
  }

  get chords(): ChordStore | undefined {
    return this.#backend.chords;
  }

  get groups(): GroupStore {
    return this.#backend.groups;
  }

  get revocations(): RevocationStore | undefined {
    return this.#backend.revocations;
  }

  prepare(): Promise<void> {
    return this.#backend.prepare();
  }

  store(meta: ResultMeta, reply?: ReplyAddress, options?: StoreOptions): Promise<void> {
    return this.#backend.store(meta, reply, options);
  }

  async get(ids: readonly string[]): Promise<readonly (ResultMeta | undefined)[]> {
    const missing = ids.filter((id) => !this.#successes.has(id));
    const read = missing.length === 0 ? [] : await this.#backend.get(missing);
    const found = new Map(missing.map((id, index) => [id, read[index]]));
    return ids.map((id) => this.#remember(this.#successes.get(id) ?? found.get(id)));
  }

  async forget(ids: readonly string[]): Promise<void> {
    for (const id of ids) this.#successes.delete(id);
    await this.#backend.forget(ids);
  }

  async *watch(ids: readonly string[], signal: AbortSignal): AsyncGenerator<ResultMeta, void, undefined> {
    for await (const meta of this.#backend.watch(ids, signal)) {
      this.#remember(meta);
      yield meta;
    }
  }

  cleanup(): Promise<number> {
    return this.#backend.cleanup();
  }

  asUri(): string {
    return this.#backend.asUri();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#successes.clear();
    await this.#backend[Symbol.asyncDispose]();
  }

  #remember(meta: ResultMeta | undefined): ResultMeta | undefined {
    if (meta?.status !== "SUCCESS") return meta;
    this.#successes.delete(meta.taskId);
    this.#successes.set(meta.taskId, meta);
    const [oldest] = this.#successes.keys();
    if (this.#successes.size > this.#max && oldest !== undefined) this.#successes.delete(oldest);
    return meta;
  }
}
