import type {
  EntryChange,
  EntryQuery,
  EntryState,
  RunRequest,
  StoredEntry,
  StoredSchedule,
} from "../contracts.ts";

/** What is stored of an entry besides its state. */
export type StoredDefinition = Pick<StoredEntry, "definition" | "enabled">;

/** The content of a store that is held in memory. */
export class StoredEntries {
  readonly #entries = new Map<string, StoredEntry>();
  readonly #requests = new Map<string, RunRequest>();
  /** The version at which each entry was changed last. */
  readonly #changedAt = new Map<string, number>();
  #version: number;

  /** Versions count on from `version`. */
  constructor(version = 0) {
    this.#version = version;
  }

  /** Grows with every change. */
  get version(): number {
    return this.#version;
  }

  get size(): number {
    return this.#entries.size;
  }

  get entries(): Iterable<StoredEntry> {
    return this.#entries.values();
  }

  get requests(): Iterable<RunRequest> {
    return this.#requests.values();
  }

  /** The answer to a query. */
  select({ since, name }: EntryQuery): StoredSchedule {
    let names: Iterable<string> = name === undefined ? this.#entries.keys() : [name];
    if (since !== undefined)
      names = [...this.#changedAt].filter(([, version]) => version > since).map(([changed]) => changed);
    const entries = [...names].flatMap((one) => this.#entries.get(one) ?? []);
    return { version: this.#version, entries, requests: [...this.#requests.values()] };
  }

  definition(name: string): StoredDefinition {
    const { definition = null, enabled = null } = this.#entries.get(name) ?? {};
    return { definition, enabled };
  }

  state(name: string): EntryState | null {
    return this.#entries.get(name)?.state ?? null;
  }

  setState(name: string, state: EntryState): void {
    this.#entries.set(name, { name, ...this.definition(name), state });
  }

  setDefinition(name: string, { definition, enabled }: StoredDefinition): void {
    this.#entries.set(name, { name, definition, enabled, state: this.#entries.get(name)?.state ?? null });
    this.#changedAt.set(name, ++this.#version);
  }

  forget(name: string): void {
    this.#entries.delete(name);
    this.#changedAt.delete(name);
  }

  request(request: RunRequest): void {
    this.#requests.set(request.id, request);
    this.#version++;
  }

  done(id: string): void {
    this.#requests.delete(id);
    this.#version++;
  }

  change(change: EntryChange): void {
    if (change.kind === "request") this.request(change.request);
    else if (change.kind === "done") this.done(change.id);
    else this.setDefinition(change.name, changed(this.definition(change.name), change));
  }
}

/** What a change makes of a definition. */
export function changed(
  before: StoredDefinition,
  change: Extract<EntryChange, { readonly name: string }>,
): StoredDefinition {
  if (change.kind === "put") return { ...before, definition: change.definition };
  if (change.kind === "enable") return { ...before, enabled: change.enabled };
  return { definition: null, enabled: null };
}
