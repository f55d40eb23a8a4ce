import type { Clock, Logger } from "@q/kernel";
import type { BodyCodec, BrokerUrl, Connection } from "@q/messaging";
import type { ChordStore } from "./chord-store.ts";

/** A task's result handle as it is stored among the children of another: `[[id, parent], children]`. */
export type ResultTuple = readonly [
  readonly [id: string, parent: ResultTuple | null],
  readonly ResultTuple[] | null,
];

/** An error as Celery stores it. */
export interface StoredError {
  /** Class name; qualified for nested Python classes. */
  readonly excType: string;
  /** Arguments of the exception; older peers store one text. */
  readonly excMessage: readonly unknown[] | string;
  /** Module of the class; `builtins` for Python's own, `js` for ours. */
  readonly excModule: string;
}

/** Everything a backend keeps of one task. */
export interface ResultMeta {
  readonly taskId: string;
  /** A built-in state or any custom one. */
  readonly status: string;
  /** The value; for FAILURE, RETRY and REVOKED the error in its stored form. */
  readonly result: unknown;
  readonly error?: StoredError | undefined;
  readonly traceback: string | null;
  readonly children: readonly ResultTuple[] | null;
  /** ISO 8601 with offset, for states that are ready. */
  readonly dateDone: string | null;
  readonly groupId?: string | undefined;
  readonly parentId?: string | undefined;
  /** Only with `result_extended`. */
  readonly extended?: ExtendedMeta | undefined;
}

/** The additional fields of `result_extended`. */
export interface ExtendedMeta {
  readonly name: string | null;
  readonly args: unknown;
  readonly kwargs: unknown;
  readonly worker: string | null;
  readonly retries: number | null;
  readonly queue: string | null;
  /** Names of stamps and their values. */
  readonly stamps?: Readonly<Record<string, unknown>> | undefined;
}

/** Where the caller of a task waits for its result; only message-based backends use it. */
export interface ReplyAddress {
  readonly replyTo: string | undefined;
  readonly correlationId: string | undefined;
}

/** What a result store can do, as data. */
export interface BackendCapabilities {
  /** Results survive a restart of every process. */
  readonly persistent: boolean;
  /** `watch` is told of changes at once; otherwise it polls. */
  readonly push: boolean;
  /** Old results go by themselves; otherwise `cleanup` removes them. */
  readonly autoExpire: boolean;
  /** Any client may read a result, any number of times. */
  readonly shared: boolean;
  /**
   * How chords come to their end: `native` counts members in {@link ResultBackend.chords}; with `unlock` a task looks
   * from time to time whether all results are there; with `none` no chord may be sent.
   */
  readonly chords: "native" | "unlock" | "none";
}

/** By what tasks are revoked: their ids, or stamps that they carry, each as one text. */
export type RevocationKind = "id" | "stamp";

/** What is revoked, for longer than the processes live that heard of it. */
export interface RevocationStore {
  /** Keeps the texts for so many seconds from now; the oldest go when there are too many. @throws {BackendStoreError} */
  add(kind: RevocationKind, texts: readonly string[], ttlSeconds: number): Promise<void>;
  /** The texts whose time is not over. @throws {BackendGetError} */
  list(kind: RevocationKind): Promise<readonly string[]>;
}

/** Which results belong together, for clients that look at them later. */
export interface GroupStore {
  /**
   * Keeps a group under its id, as long as a result.
   *
   * @throws {BackendStoreError} also where clients cannot share anything
   */
  save(group: ResultTuple): Promise<void>;
  /** `undefined` for an unknown id. @throws {BackendGetError} */
  restore(id: string): Promise<ResultTuple | undefined>;
  /** Forgets a group, not its results; an unknown id is no error. @throws {BackendGetError} */
  delete(id: string): Promise<void>;
}

/** How a state is stored. */
export interface StoreOptions {
  /**
   * A store that is away is waited for, some twenty seconds. Default: for what a task has come to, and not for states that
   * it passes.
   */
  readonly isPatient?: boolean | undefined;
}

/** A result store. Storage, not workflow. */
export interface ResultBackend extends AsyncDisposable {
  readonly capabilities: BackendCapabilities;
  /** Queue on which this client waits for results, for backends that need one; sent with every task. */
  readonly replyTo: string | undefined;
  /** Counts the members of chords; `undefined` unless the capability `chords` is `native`. */
  readonly chords: ChordStore | undefined;
  readonly groups: GroupStore;
  /** Where the store can keep revocations for workers that start later. */
  readonly revocations?: RevocationStore | undefined;
  /** Makes everything ready so that no result of a task published after it is missed. Cheap after the first time. */
  prepare(): Promise<void>;
  /**
   * Stores a state. A stored SUCCESS is never overwritten. Settles when the store has it; calls of one turn may
   * travel together.
   *
   * @throws {EncodeError} when the serializer has no form for the value; then nothing is stored
   * @throws {BackendStoreError}
   */
  store(meta: ResultMeta, reply?: ReplyAddress, options?: StoreOptions): Promise<void>;
  /**
   * One entry per id, in order; `undefined` for an unknown id.
   *
   * @throws {BackendGetError}
   */
  get(ids: readonly string[]): Promise<readonly (ResultMeta | undefined)[]>;
  /** Removes results; unknown ids are no error. */
  forget(ids: readonly string[]): Promise<void>;
  /**
   * The present state of each id that has one, then every change, until `signal` aborts (a normal end).
   * Polling backends may miss intermediate states, never final ones.
   */
  watch(ids: readonly string[], signal: AbortSignal): AsyncIterable<ResultMeta>;
  /** Removes results older than `result_expires`, where they do not go by themselves; returns how many. */
  cleanup(): Promise<number>;
  /** The backend's URL with its password masked; for diagnosis. */
  asUri(): string;
}

/** What a backend is made from. */
export interface BackendContext {
  readonly url: BrokerUrl;
  /** Encodes and decodes whole metas with `serializer`; refuses what `result_accept_content` does not list. */
  readonly codec: BodyCodec;
  readonly serializer: string;
  readonly compression: string | undefined;
  /** Seconds; `null` or 0 keeps results for ever. */
  readonly expiresSeconds: number | null;
  /** `result_backend_transport_options`. */
  readonly transportOptions: Readonly<Record<string, unknown>>;
  /** Client options from settings such as `redis_socket_timeout`, by their camelCase name; each backend picks its own. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** The broker connection, for message-based backends. */
  readonly connection: () => Connection;
  /** Unique name of this client; message-based backends name their reply queue after it. */
  readonly clientId: string;
  readonly logger: Logger;
  readonly clock: Clock;
}

/** Makes a backend; called once per app. */
export type BackendFactory = (context: BackendContext) => Promise<ResultBackend> | ResultBackend;
