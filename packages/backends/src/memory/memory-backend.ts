import { asError, ClosedError } from "@q/kernel";
import { asUri } from "@q/messaging/internal/client";
import type { ChordStore } from "../chord-store.ts";
import type {
  BackendCapabilities,
  BackendContext,
  GroupStore,
  ResultBackend,
  ResultMeta,
  RevocationStore,
} from "../contracts.ts";
import { decodeStored, encodeMeta, openPayloadFormat, type PayloadFormat } from "../result-payload.ts";
import { Watchers } from "../watchers.ts";
import { MemoryChordStore } from "./memory-chord-store.ts";
import { MemoryGroupStore } from "./memory-group-store.ts";
import { memoryStoreNamed, type MemoryStore } from "./memory-store.ts";

const capabilities: BackendCapabilities = {
  persistent: false,
  push: true,
  autoExpire: true,
  shared: true,
  chords: "native",
};

/**
 * Results in the memory of this process, for tests and programs of one process: `memory://name` or
 * `cache+memory://name`. Backends of the same name share their results.
 */
export async function createMemoryBackend(context: BackendContext): Promise<ResultBackend> {
  const { hostname = "", virtualHost = "" } = context.url;
  return new MemoryBackend(
    context,
    await openPayloadFormat(context),
    memoryStoreNamed(`${hostname}/${virtualHost}`),
  );
}

class MemoryBackend implements ResultBackend {
  readonly capabilities: BackendCapabilities = capabilities;
  readonly replyTo: string | undefined = undefined;
  readonly chords: ChordStore;
  readonly groups: GroupStore;
  readonly revocations: RevocationStore;
  readonly #context: BackendContext;
  readonly #format: PayloadFormat;
  readonly #store: MemoryStore;
  readonly #watchers: Watchers = new Watchers();
  readonly #unlisten: () => void;

  constructor(context: BackendContext, format: PayloadFormat, store: MemoryStore) {
    this.#context = context;
    this.#format = format;
    this.#store = store;
    this.chords = new MemoryChordStore(context, format, store.chords);
    this.groups = new MemoryGroupStore(context, format, store);
    this.revocations = store.revocations.withClock(context.clock);
    this.#unlisten = store.listen((id, body) => this.#tell(id, body));
  }

  async prepare(): Promise<void> {}

  async store(meta: ResultMeta): Promise<void> {
    const { expiresSeconds, clock } = this.#context;
    // Stored encoded, so that nobody can change it afterwards and it reads as from any other store.
    const body = encodeMeta(meta, this.#format);
    const ttlMs = expiresSeconds ? expiresSeconds * 1000 : undefined;
    this.#store.put({ id: meta.taskId, body, isSuccess: meta.status === "SUCCESS", ttlMs }, clock);
  }

  async get(ids: readonly string[]): Promise<(ResultMeta | undefined)[]> {
    return ids.map((id) => {
      const body = this.#store.get(id, this.#context.clock);
      return body && decodeStored(id, body, this.#format);
    });
  }

  async forget(ids: readonly string[]): Promise<void> {
    for (const id of ids) this.#store.delete(id);
  }

  async *watch(ids: readonly string[], signal: AbortSignal): AsyncGenerator<ResultMeta, void, undefined> {
    const watch = this.#watchers.add(ids);
    try {
      for (const id of watch.ids) {
        const body = this.#store.get(id, this.#context.clock);
        if (body) watch.give(decodeStored(id, body, this.#format), body);
      }
      yield* watch.states(signal);
    } finally {
      this.#watchers.remove(watch);
    }
  }

  async cleanup(): Promise<number> {
    return this.#store.removeExpired(this.#context.clock.now());
  }

  asUri(): string {
    return asUri(this.#context.url);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#unlisten();
    this.#watchers.failAll(new ClosedError("the result backend is closed. Make a new one."));
  }

  #tell(id: string, body: Buffer): void {
    if (!this.#watchers.has(id)) return;
    try {
      this.#watchers.give(decodeStored(id, body, this.#format), body);
    } catch (error) {
      // Another app of this process that uses another serializer under the same name.
      this.#context.logger.warn(
        { err: asError(error), taskId: id },
        "a result that cannot be read was skipped",
      );
    }
  }
}
