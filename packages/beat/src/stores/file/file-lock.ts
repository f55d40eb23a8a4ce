import { readFile, rm, writeFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { isProcessAlive } from "@q/kernel";
import { BeatLockedError } from "../../errors.ts";

/** Time for a change of the file; who holds it longer has died. */
const CHANGE_MS = 5000;
const RETRY_MS = 10;

/** Who has which lock in this process: the id of the process cannot tell two of its beats from each other. */
const owners = new Map<string, FileLock>();

/** Locks of a schedule file: small files beside it that hold the id of a process. */
export class FileLock {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  /** Takes the lock for as long as the process lives. @throws {BeatLockedError} when another has it and lives */
  async own(): Promise<void> {
    if ((owners.get(this.#path) ?? this) !== this)
      throw new BeatLockedError(`${this.#path}: this process keeps this schedule already, in another beat.`);
    owners.set(this.#path, this);
    try {
      await this.#take();
    } catch (error) {
      owners.delete(this.#path);
      throw error;
    }
  }

  async release(): Promise<void> {
    if (owners.get(this.#path) !== this) return;
    owners.delete(this.#path);
    if ((await this.#holder()) === process.pid) await rm(this.#path, { force: true });
  }

  async #take(): Promise<void> {
    for (let attempt = 0; ; attempt++) {
      const holder = await this.#tryTake();
      if (holder === undefined || holder === process.pid) return;
      if (attempt > 5 || isProcessAlive(holder)) {
        throw new BeatLockedError(
          `${this.#path}: process ${holder} keeps this schedule. Stop it, or name another file with -s.`,
        );
      }
      // Its file may have been made just now, and not say yet whose it is.
      if (!isDead(holder) && attempt < 3) await sleep(RETRY_MS * 5);
      // One after another: who is slow must not remove what somebody quick has put there instead.
      else await new FileLock(`${this.#path}.breaking`).during(() => this.#breakLockOf(holder));
    }
  }

  /** Runs `work` while nobody else does; a lock that its process left behind is broken. */
  async during<TResult>(work: () => Promise<TResult>): Promise<TResult> {
    const deadline = performance.now() + CHANGE_MS;
    for (let holder = await this.#tryTake(); holder !== undefined; holder = await this.#tryTake()) {
      if (performance.now() > deadline || isDead(holder)) await this.#breakLockOf(holder);
      else await sleep(RETRY_MS);
    }
    try {
      return await work();
    } finally {
      await rm(this.#path, { force: true });
    }
  }

  async #breakLockOf(holder: number): Promise<void> {
    if ((await this.#holder()) === holder) await rm(this.#path, { force: true });
  }

  /** Returns who has it, or `undefined` when it is ours now. */
  async #tryTake(): Promise<number | undefined> {
    try {
      await writeFile(this.#path, `${process.pid}\n`, { flag: "wx" });
      return undefined;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
      return this.#holder();
    }
  }

  /** -1, which no process has, when the file is gone or does not say (yet). */
  async #holder(): Promise<number> {
    const text = await readFile(this.#path, "utf8").catch(() => "");
    const pid = Number(text.trim());
    return Number.isInteger(pid) && pid > 0 ? pid : -1;
  }
}

function isDead(holder: number): boolean {
  return holder > 0 && !isProcessAlive(holder);
}
