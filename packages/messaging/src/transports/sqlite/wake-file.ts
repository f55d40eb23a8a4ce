import { closeSync, constants, type FSWatcher, openSync, watch, writeSync } from "node:fs";

/** How often listeners look anyway: a wake-up can be missed when the file is removed or watching fails. */
const SAFETY_POLL_MS = 1000;
/** The same where files cannot be watched, for example when the system's limit of watches is reached. */
const UNWATCHED_POLL_MS = 50;
/** How long the file stays open for writing, so that a removed one is noticed. */
const REOPEN_MS = 1000;
const ONE_BYTE = Buffer.from("\n");

/**
 * Tells other processes that something was committed: a small file beside the database that is touched after the
 * commit and watched by those who wait. The write-ahead log itself changes before a commit can be seen, so it is
 * never watched.
 *
 * States: *silent* (no watch, no timer); *listening*; *lingering* (nobody listens, the watch stays until the next poll
 * because whoever waits for one result after the other comes back at once; the process may end).
 */
export class WakeFile {
  readonly #file: string;
  readonly #listeners = new Set<() => void>();
  #watcher: FSWatcher | undefined;
  #poll: NodeJS.Timeout | undefined;
  #descriptor: number | undefined;
  #openedAtMs = -Infinity;

  constructor(file: string) {
    this.#file = file;
  }

  /** Wakes the listeners of this process at once and those of others through the file. Call it after the commit. */
  touch(): void {
    this.#notify();
    try {
      if (performance.now() - this.#openedAtMs > REOPEN_MS) this.#reopen();
      // Writing the same byte stays in the page cache. Setting the file's times waits for the file system's
      // journal: 0.45 ms instead of 0.005 ms, measured on ext4 under load.
      if (this.#descriptor !== undefined) writeSync(this.#descriptor, ONE_BYTE, 0, 1, 0);
    } catch {
      // The directory is gone or read-only: the database itself will say so, and waiters poll.
    }
  }

  /** Releases the file. Touching it again opens it again. */
  close(): void {
    if (this.#listeners.size === 0) this.#stop();
    this.#closeDescriptor();
  }

  /**
   * Calls `listener` after every touch, now and then without one. A listener keeps the process alive. The function
   * returned ends it.
   */
  listen(listener: () => void): () => void {
    this.#listeners.add(listener);
    if (this.#poll === undefined) this.#start();
    else if (this.#listeners.size === 1) this.#hold();
    return () => {
      if (this.#listeners.delete(listener) && this.#listeners.size === 0) this.#linger();
    };
  }

  #start(): void {
    try {
      this.#reopen();
      this.#watcher = watch(this.#file, (event) => {
        this.#notify();
        if (event === "rename") this.#restart();
      });
      this.#watcher.on("error", () => this.#restart());
    } catch {
      this.#watcher = undefined;
    }
    const everyMs = this.#watcher === undefined ? UNWATCHED_POLL_MS : SAFETY_POLL_MS;
    this.#poll = setInterval(() => (this.#listeners.size > 0 ? this.#notify() : this.#stop()), everyMs);
  }

  /** Somebody listens again: the process stays alive. */
  #hold(): void {
    this.#watcher?.ref();
    this.#poll?.ref();
  }

  #linger(): void {
    this.#watcher?.unref();
    this.#poll?.unref();
  }

  #stop(): void {
    this.#watcher?.close();
    this.#watcher = undefined;
    clearInterval(this.#poll);
    this.#poll = undefined;
  }

  /** The watched file was removed or replaced: watches the new one. */
  #restart(): void {
    this.#stop();
    if (this.#listeners.size > 0) this.#start();
  }

  #closeDescriptor(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
    this.#openedAtMs = -Infinity;
  }

  #reopen(): void {
    this.#closeDescriptor();
    // Not for appending, which would ignore the position of a write; not truncating, which would be a second event.
    this.#descriptor = openSync(this.#file, constants.O_WRONLY | constants.O_CREAT, 0o666);
    this.#openedAtMs = performance.now();
  }

  #notify(): void {
    for (const listener of [...this.#listeners]) listener();
  }
}
