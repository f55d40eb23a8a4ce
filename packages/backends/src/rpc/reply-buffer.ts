import type { ResultMeta } from "../contracts.ts";
import { BackendGetError } from "../errors.ts";

/** Results that nobody has asked for yet. Beyond it the oldest are dropped. */
const MAX_UNREAD = 10_000;
/** Results that were read and may be asked for again, and names of dropped ones. */
const MAX_READ = 1000;
const MAX_DROPPED = 100_000;

/** How many results a {@link ReplyBuffer} keeps. */
export interface ReplyBufferLimits {
  readonly unread?: number;
  readonly read?: number;
}

/** The latest state of each task whose messages came, oldest first. */
export class ReplyBuffer {
  readonly #maxUnread: number;
  readonly #maxRead: number;
  readonly #unread = new Map<string, ResultMeta>();
  readonly #read = new Map<string, ResultMeta>();
  readonly #dropped = new Set<string>();

  constructor(limits: ReplyBufferLimits = {}) {
    this.#maxUnread = limits.unread ?? MAX_UNREAD;
    this.#maxRead = limits.read ?? MAX_READ;
  }

  /** False when a success is known already, which nothing replaces. Returns the task that had to go, if any. */
  put(meta: ResultMeta): { readonly isNew: boolean; readonly dropped: string | undefined } {
    const { taskId } = meta;
    const known = this.#unread.get(taskId) ?? this.#read.get(taskId);
    if (known?.status === "SUCCESS") return { isNew: false, dropped: undefined };
    this.#read.delete(taskId);
    this.#unread.set(taskId, meta);
    const dropped = dropOldest(this.#unread, this.#maxUnread);
    if (dropped !== undefined) {
      this.#dropped.add(dropped);
      dropOldest(this.#dropped, MAX_DROPPED);
    }
    return { isNew: true, dropped };
  }

  /** @throws {BackendGetError} when the task's result came and had to be dropped */
  get(taskId: string): ResultMeta | undefined {
    const meta = this.#unread.get(taskId) ?? this.#read.get(taskId);
    if (meta === undefined && this.#dropped.has(taskId)) throw this.#backlogError(taskId);
    return meta;
  }

  /** The task's result has reached somebody: it may be dropped in silence when room is needed. */
  markRead(taskId: string): void {
    const meta = this.#unread.get(taskId);
    if (meta === undefined) return;
    this.#unread.delete(taskId);
    this.#read.set(taskId, meta);
    dropOldest(this.#read, this.#maxRead);
  }

  delete(taskId: string): void {
    this.#unread.delete(taskId);
    this.#read.delete(taskId);
    this.#dropped.delete(taskId);
  }

  #backlogError(taskId: string): BackendGetError {
    return new BackendGetError(
      `the result of task ${taskId} was dropped: more than ${this.#maxUnread} results came that nobody read. ` +
        "Read or forget results, send tasks with ignoreResult, or use a backend that stores them, such as redis://.",
      { taskIds: [taskId] },
    );
  }
}

/** Keeps a map or set within its limit; both are in order of insertion. */
function dropOldest(entries: Map<string, unknown> | Set<string>, limit: number): string | undefined {
  if (entries.size <= limit) return undefined;
  const [oldest] = entries.keys();
  if (oldest !== undefined) entries.delete(oldest);
  return oldest;
}
