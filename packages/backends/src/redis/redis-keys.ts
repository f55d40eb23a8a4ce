import type { RevocationKind } from "../contracts.ts";

const TASK = "celery-task-meta-";
const GROUP = "celery-taskset-meta-";

/** Names of keys and channels. @see wire: results, Redis backend */
export class ResultKeys {
  readonly #revoked: string;
  readonly #prefix: string;
  readonly #groupPrefix: string;

  /** `globalKeyprefix` gets an underscore unless it ends in a separator, unlike the broker's prefix. */
  constructor(globalKeyprefix: string) {
    const separator = globalKeyprefix === "" || /[:_.-]$/.test(globalKeyprefix) ? "" : "_";
    this.#prefix = globalKeyprefix + separator + TASK;
    this.#groupPrefix = globalKeyprefix + separator + GROUP;
    this.#revoked = `${globalKeyprefix}${separator}_q.revoked`;
  }

  /** The key of a task's meta, which is the name of its channel, too. */
  ofTask(id: string): string {
    return this.#prefix + id;
  }

  /** The key of a saved group. */
  ofGroup(id: string): string {
    return this.#groupPrefix + id;
  }

  /**
   * Keys of a chord: Celery's own for the members that have ended, for members added later and for the size, and ours
   * for who settles it.
   */
  ofChord(groupId: string): [ended: string, extra: string, size: string, claim: string] {
    const group = this.ofGroup(groupId);
    return [`${group}.j`, `${group}.t`, `${group}.s`, `${group}.q`];
  }

  /** Which copy of a message has begun. */
  ofBegun(message: string): string {
    return this.ofGroup(`${message}.b`);
  }

  /** The sorted set of what is revoked; Celery has no such key. */
  ofRevocations(kind: RevocationKind): string {
    return kind === "id" ? this.#revoked : `${this.#revoked}-${kind}s`;
  }

  /** `undefined` for a key of another kind. */
  taskOf(key: string): string | undefined {
    return key.startsWith(this.#prefix) ? key.slice(this.#prefix.length) : undefined;
  }
}
