import type { BackendContext, GroupStore, ResultTuple } from "../contracts.ts";
import type { PayloadFormat } from "../result-payload.ts";
import { decodeGroup, encodeGroup } from "../saved-group.ts";
import type { MemoryStore } from "./memory-store.ts";

/** In front of the ids of groups, which share the store with results. */
const GROUP = "group ";

/** Saved groups in the memory of this process. */
export class MemoryGroupStore implements GroupStore {
  readonly #context: BackendContext;
  readonly #format: PayloadFormat;
  readonly #store: MemoryStore;

  constructor(context: BackendContext, format: PayloadFormat, store: MemoryStore) {
    this.#context = context;
    this.#format = format;
    this.#store = store;
  }

  async save(group: ResultTuple): Promise<void> {
    const { expiresSeconds, clock } = this.#context;
    const body = encodeGroup(group, this.#format);
    const ttlMs = expiresSeconds ? expiresSeconds * 1000 : undefined;
    this.#store.put({ id: GROUP + group[0][0], body, isSuccess: false, ttlMs }, clock);
  }

  async restore(id: string): Promise<ResultTuple | undefined> {
    const body = this.#store.get(GROUP + id, this.#context.clock);
    return body && decodeGroup(id, body, this.#format);
  }

  async delete(id: string): Promise<void> {
    this.#store.delete(GROUP + id);
  }
}
