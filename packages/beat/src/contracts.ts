import type { EntryJson } from "./entry.ts";

/** How far an entry has come. Times are milliseconds since 1970. */
export interface EntryState {
  /** What it was computed for; see `Entry.identity`. */
  readonly identity: string;
  /** Occurrences up to and with this time are done with: sent, being sent, or missed. */
  readonly since: number;
  /** The last occurrence that was sent. */
  readonly lastRunAt: number | null;
  readonly totalRunCount: number;
  /** Occurrences that are claimed and not known to be sent; who takes over sends them again, under the same ids. */
  readonly pending: readonly number[];
}

/** What a store knows of an entry. */
export interface StoredEntry {
  readonly name: string;
  /** The entry itself, when it was added or changed at run time. */
  readonly definition: EntryJson | null;
  /** Set by pausing and resuming; `null` leaves it to the definition. */
  readonly enabled: boolean | null;
  readonly state: EntryState | null;
}

/** A run that somebody asked for, out of turn. */
export interface RunRequest {
  /** Becomes the task id. */
  readonly id: string;
  readonly name: string;
}

/** Which entries a store is asked for; without either, for all. */
export interface EntryQuery {
  /** Those that were changed after this version of the schedule. */
  readonly since?: number;
  /** The one of this name. */
  readonly name?: string;
}

/** What a store holds. */
export interface StoredSchedule {
  /** Grows with every {@link EntryChange}. */
  readonly version: number;
  /** Those that were asked for. */
  readonly entries: readonly StoredEntry[];
  readonly requests: readonly RunRequest[];
}

/** A change that anybody may make while a beat runs. */
export type EntryChange =
  | { readonly kind: "put"; readonly name: string; readonly definition: EntryJson }
  | { readonly kind: "remove"; readonly name: string }
  | { readonly kind: "enable"; readonly name: string; readonly enabled: boolean | null }
  | { readonly kind: "request"; readonly request: RunRequest }
  | { readonly kind: "done"; readonly id: string };

/** The right to send, for a while. A later lease has a greater token; stores refuse what comes with an older one. */
export interface Lease {
  readonly token: number;
  readonly holder: string;
}

/**
 * Where the state of a schedule is kept.
 *
 * A store that is `shared` may be used by several beats; one of them holds the lease. All methods may fail with
 * `BeatStoreError`, and settle within a bound.
 */
export interface BeatStore extends AsyncDisposable {
  readonly isShared: boolean;
  /** The entries that are asked for, and all requests. What changes meanwhile has a greater version than the answer. */
  load(query?: EntryQuery): Promise<StoredSchedule>;
  /**
   * Writes states, all or none, durably enough to survive the end of the process.
   *
   * @throws {FencedError} when a lease with a greater token was given out
   */
  save(states: ReadonlyMap<string, EntryState>, lease: Lease): Promise<void>;
  /** Forgets entries altogether. @throws {FencedError} */
  forget(names: readonly string[], lease: Lease): Promise<void>;
  change(change: EntryChange): Promise<void>;
  /** The lease, when nobody else holds it; it ends by itself after `ttlMs`. */
  acquire(holder: string, ttlMs: number): Promise<Lease | undefined>;
  /** Prolongs a lease and tells the present version; `undefined` when it is lost. */
  renew(lease: Lease, ttlMs: number): Promise<number | undefined>;
  release(lease: Lease): Promise<void>;
  /** Calls back soon after a change by another process, for stores without a lease to renew. */
  watch?(onChange: () => void): () => void;
}
