const TASK = "celery-task-meta-";

/** Names of keys and channels. @see wire: results, Redis backend */
export class ResultKeys {
  readonly #prefix: string;

  /** `globalKeyprefix` gets an underscore unless it ends in a separator, unlike the broker's prefix. */
  constructor(globalKeyprefix: string) {
    const separator = globalKeyprefix === "" || /[:_.-]$/.test(globalKeyprefix) ? "" : "_";
    this.#prefix = globalKeyprefix + separator + TASK;
  }

  /** The key of a task's meta, which is the name of its channel, too. */
  ofTask(id: string): string {
    return this.#prefix + id;
  }

  /** `undefined` for a key of another kind. */
  taskOf(key: string): string | undefined {
    return key.startsWith(this.#prefix) ? key.slice(this.#prefix.length) : undefined;
  }
}
