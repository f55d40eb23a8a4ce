import { appendFileSync, fstatSync, watch } from "node:fs";
import { type FileHandle, mkdir, open, readFile, rename, stat, writeFile } from "node:fs/promises";
import { basename, dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { Logger } from "@q/kernel";
import type {
  BeatStore,
  EntryChange,
  EntryQuery,
  EntryState,
  Lease,
  StoredSchedule,
} from "../../contracts.ts";
import { BeatLockedError, BeatStoreError } from "../../errors.ts";
import type { StoreContext } from "../open-store.ts";
import { StoredEntries } from "../stored-entries.ts";
import { FileLock } from "./file-lock.ts";
import {
  applyLine,
  HEADER,
  isBerkeleyDb,
  isPythonShelve,
  lineOf,
  type LogLine,
  readLine,
  snapshotOf,
  textOf,
} from "./schedule-log.ts";

/** Bytes that may be appended before the file is written anew; more when the schedule itself is large. */
const MIN_APPENDED_BYTES = 256 * 1024;

/** After a change of the file, until it is looked at. */
const LOOK_MS = 50;
/** Celery's default for `beat_sync_every`. */
const SYNC_MS = 180_000;

/** Opens, or makes, a schedule file. @throws {BeatStoreError} when it cannot be, or belongs to Python */
export async function openFileStore(where: string, context: StoreContext): Promise<FileStore> {
  const path = resolve(where.startsWith("file://") ? fileURLToPath(where) : where.replace(/^file:/, ""));
  return FileStore.open(path, context);
}

/**
 * Keeps a schedule in one file of JSON lines. States are appended as they change, and the file is written anew, beside
 * itself and then renamed, when it has grown: whenever the process dies, the file is whole but for its last line.
 * One beat has it; others may read it, and append changes.
 */
export class FileStore implements BeatStore {
  readonly isShared = false;
  readonly #path: string;
  readonly #logger: Logger;
  /** Runs between two syncs; 0 leaves it to the time. */
  readonly #syncEvery: number;
  readonly #owner: FileLock;
  readonly #changing: FileLock;
  #content = new StoredEntries();
  /** The file that `#offset` counts in. */
  #inode = -1;
  #offset = 0;
  #appendedBytes = 0;
  #endsInLine = false;
  /** Runs recorded since the last sync, and when that was. */
  #unsyncedRuns = 0;
  #syncedAt = performance.now();
  #file: FileHandle | undefined;
  /** Everything happens one after another. */
  #work: Promise<unknown> = Promise.resolve();

  private constructor(path: string, { logger, syncEvery = 0 }: StoreContext) {
    this.#path = path;
    this.#logger = logger;
    this.#syncEvery = syncEvery;
    this.#owner = new FileLock(`${path}.lock`);
    this.#changing = new FileLock(`${path}.changing`);
  }

  /** @internal use `openFileStore` */
  static async open(path: string, context: StoreContext): Promise<FileStore> {
    const store = new FileStore(path, context);
    await store.#guard(async () => {
      await store.#refresh();
      if (store.#inode < 0) await refusePythonBeside(path);
    });
    return store;
  }

  load(query: EntryQuery = {}): Promise<StoredSchedule> {
    return this.#guard(async () => {
      await this.#refresh();
      return this.#content.select(query);
    });
  }

  save(states: ReadonlyMap<string, EntryState>, _lease: Lease): Promise<void> {
    return this.#guard(async () => {
      for (const [name, { totalRunCount }] of states)
        this.#unsyncedRuns += totalRunCount - (this.#content.state(name)?.totalRunCount ?? 0);
      await this.#append([...states].map((state) => ({ state })));
      if (this.#isSyncDue()) await this.#sync();
      if (this.#appendedBytes > Math.max(MIN_APPENDED_BYTES, this.#content.size * 1000))
        await this.#compact();
    });
  }

  forget(names: readonly string[], _lease: Lease): Promise<void> {
    return this.#guard(() => this.#append(names.map((forget) => ({ forget }))));
  }

  change(change: EntryChange): Promise<void> {
    return this.#guard(() =>
      // Together with the renaming of the file this must be one after the other, or the change is lost with the old file.
      this.#changing.during(async () => {
        await this.#refresh();
        await this.#append([lineOf(change, (name) => this.#content.definition(name))]);
      }),
    );
  }

  acquire(holder: string): Promise<Lease> {
    return this.#guard(async () => {
      await mkdir(dirname(this.#path), { recursive: true });
      await this.#owner.own();
      await this.#compact();
      return { holder, token: 1 };
    });
  }

  async renew(): Promise<number> {
    return this.#content.version;
  }

  release(): Promise<void> {
    return this.#guard(async () => {
      try {
        await this.#compact();
      } finally {
        await this.#owner.release();
      }
    });
  }

  watch(onChange: () => void): () => void {
    let seen = this.#content.version;
    let timer: NodeJS.Timeout | undefined;
    const look = async (): Promise<void> => {
      timer = undefined;
      await this.#guard(() => this.#refresh());
      const { version } = this.#content;
      if (version === seen) return;
      seen = version;
      onChange();
    };
    const watcher = watch(dirname(this.#path), { persistent: false }, (_event, name) => {
      if (name !== basename(this.#path)) return;
      // Most events are of what this process writes. What cannot be read is said by the next save.
      timer ??= setTimeout(() => void look().catch(() => {}), LOOK_MS).unref();
    });
    watcher.on("error", () => {});
    return () => {
      clearTimeout(timer);
      watcher.close();
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#work;
    await this.#file?.close();
    this.#file = undefined;
  }

  #guard<TResult>(work: () => Promise<TResult>): Promise<TResult> {
    const done = this.#work.then(work).catch((error: unknown) => {
      if (error instanceof BeatStoreError || error instanceof BeatLockedError) throw error;
      throw new BeatStoreError(`the schedule file ${this.#path} cannot be used`, { cause: error });
    });
    this.#work = done.catch(() => {});
    return done;
  }

  async #append(lines: readonly LogLine[]): Promise<void> {
    if (lines.length === 0) return;
    if (this.#inode < 0) await writeFile(this.#path, `${HEADER}\n`, { flag: "wx" }).catch(ignoreExisting);
    // A line that a crash cut off must not swallow the one after it.
    const text = `${this.#endsInLine ? "\n" : ""}${textOf(lines)}`;
    this.#file ??= await open(this.#path, "a");
    // So does a line that a full disk cuts off now.
    this.#endsInLine = true;
    // Not through the thread pool: it takes microseconds, and a run waits for it.
    appendFileSync(this.#file.fd, text);
    this.#endsInLine = false;
    const bytes = Buffer.byteLength(text);
    this.#appendedBytes += bytes;
    const { size, ino } = fstatSync(this.#file.fd);
    if (ino !== this.#inode || size !== this.#offset + bytes) return this.#refresh();
    // Nobody else has written: what is there need not be read again.
    this.#offset = size;
    for (const line of lines) applyLine(this.#content, line);
  }

  #isSyncDue(): boolean {
    return this.#syncEvery > 0
      ? this.#unsyncedRuns >= this.#syncEvery
      : performance.now() - this.#syncedAt > SYNC_MS;
  }

  /** Waits for the disk: what was written survives the end of the machine too. */
  async #sync(): Promise<void> {
    await this.#file?.datasync();
    this.#unsyncedRuns = 0;
    this.#syncedAt = performance.now();
  }

  /** Reads what was appended since the last look, or everything when the file is another one. */
  async #refresh(): Promise<void> {
    const info = await stat(this.#path).catch(() => undefined);
    if (info === undefined) return;
    if (info.ino !== this.#inode || info.size < this.#offset) {
      this.#content = new StoredEntries(this.#content.version + 1);
      // Its owner has put a new file into the place of the one that is open here.
      await this.#file?.close();
      this.#file = undefined;
      await this.#readAll(info.ino);
      return;
    }
    if (info.size > this.#offset) await this.#readMore();
  }

  async #readAll(inode: number): Promise<void> {
    const bytes = await readFile(this.#path);
    if (isPythonShelve(bytes)) throw ofPython(this.#path);
    const text = bytes.toString("utf8");
    if (text !== "" && !text.startsWith(`${HEADER}\n`)) {
      const aside = `${this.#path}.corrupt`;
      await rename(this.#path, aside);
      this.#logger.error(
        { aside },
        "the schedule file is damaged: it was put aside, and the schedule starts anew",
      );
      this.#inode = -1;
      this.#offset = 0;
      return;
    }
    this.#inode = inode;
    this.#take(text);
    this.#offset = bytes.length;
    this.#endsInLine = text !== "" && !text.endsWith("\n");
  }

  async #readMore(): Promise<void> {
    const file = await open(this.#path, "r");
    try {
      const { size } = await file.stat();
      const buffer = Buffer.alloc(Math.max(0, size - this.#offset));
      const { bytesRead } = await file.read(buffer, 0, buffer.length, this.#offset);
      const end = buffer.subarray(0, bytesRead).lastIndexOf(10) + 1;
      this.#take(buffer.subarray(0, end).toString("utf8"));
      this.#offset += end;
    } finally {
      await file.close();
    }
  }

  #take(text: string): void {
    for (const part of text.split("\n")) {
      const line = part === "" || part === HEADER ? undefined : readLine(part);
      if (line !== undefined) applyLine(this.#content, line);
    }
  }

  /** Writes the file anew, and puts it in the place of the old one in one step. */
  #compact(): Promise<void> {
    return this.#changing.during(async () => {
      await this.#refresh();
      const next = `${this.#path}.${process.pid}.new`;
      const text = snapshotOf(this.#content);
      const file = await open(next, "w");
      try {
        await file.writeFile(text);
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(next, this.#path);
      await syncFolder(dirname(this.#path));
      await this.#file?.close();
      this.#file = undefined;
      const { ino, size } = await stat(this.#path);
      [this.#inode, this.#offset, this.#appendedBytes] = [ino, size, 0];
      [this.#unsyncedRuns, this.#syncedAt] = [0, performance.now()];
    });
  }
}

/** Some of Python's formats add a suffix to the name. */
async function refusePythonBeside(path: string): Promise<void> {
  const start = await readFile(`${path}.db`).catch(() => Buffer.of());
  if (isBerkeleyDb(start)) throw ofPython(`${path}.db`);
  const isThere = (suffix: string): Promise<boolean> =>
    stat(`${path}${suffix}`).then(
      () => true,
      () => false,
    );
  if ((await isThere(".dat")) && (await isThere(".dir"))) throw ofPython(`${path}.dat`);
}

function ofPython(path: string): BeatStoreError {
  return new BeatStoreError(
    `${path} is the schedule of Python's beat and is left alone. Name another file with -s.`,
  );
}

/** Makes a renaming last. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

function ignoreExisting(error: NodeJS.ErrnoException): void {
  if (error.code !== "EEXIST") throw error;
}
