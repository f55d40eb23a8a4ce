import { watch } from "node:fs";
import { type FileHandle, mkdir, open, readFile, rename, stat, writeFile } from "node:fs/promises";
import { basename, dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { Logger } from "@q/kernel";
import type {
  BeatStore,
  EntryChange,
  EntryState,
  Lease,
  RunRequest,
  StoredEntry,
  StoredSchedule,
} from "../../contracts.ts";
import { BeatLockedError, BeatStoreError } from "../../errors.ts";
import type { StoreContext } from "../open-store.ts";
import { applyChange } from "../stored-entries.ts";
import { FileLock } from "./file-lock.ts";
import {
  applyLine,
  HEADER,
  isPythonShelve,
  type LogLine,
  readLine,
  snapshotOf,
  textOf,
} from "./schedule-log.ts";

/** Bytes that may be appended before the file is written anew; more when the schedule itself is large. */
const MIN_APPENDED_BYTES = 256 * 1024;

/** Opens, or makes, a schedule file. @throws {BeatStoreError} when it cannot be, or belongs to Python */
export async function openFileStore(where: string, { logger }: StoreContext): Promise<FileStore> {
  const path = resolve(where.startsWith("file://") ? fileURLToPath(where) : where.replace(/^file:/, ""));
  return FileStore.open(path, logger);
}

/**
 * Keeps a schedule in one file of JSON lines. States are appended as they change, and the file is written anew, beside
 * itself and then renamed, when it has grown: whenever the process dies, the file is whole but for its last line.
 * One beat has it; others may read it, and append changes.
 */
export class FileStore implements BeatStore {
  readonly description: string;
  readonly isShared = false;
  readonly #path: string;
  readonly #logger: Logger;
  readonly #owner: FileLock;
  readonly #changing: FileLock;
  #entries = new Map<string, StoredEntry>();
  #requests = new Map<string, RunRequest>();
  #version = 0;
  /** The file that `#offset` counts in. */
  #inode = -1;
  #offset = 0;
  #appendedBytes = 0;
  #endsInLine = false;
  #file: FileHandle | undefined;
  /** Everything happens one after another. */
  #work: Promise<unknown> = Promise.resolve();

  private constructor(path: string, logger: Logger) {
    this.#path = path;
    this.#logger = logger;
    this.description = path;
    this.#owner = new FileLock(`${path}.lock`);
    this.#changing = new FileLock(`${path}.changing`);
  }

  /** @internal use `openFileStore` */
  static async open(path: string, logger: Logger): Promise<FileStore> {
    const store = new FileStore(path, logger);
    await store.#guard(() => store.#refresh());
    return store;
  }

  load(): Promise<StoredSchedule> {
    return this.#guard(async () => {
      await this.#refresh();
      const [entries, requests] = [[...this.#entries.values()], [...this.#requests.values()]];
      return { version: this.#version, entries, requests };
    });
  }

  save(states: ReadonlyMap<string, EntryState>, _lease: Lease): Promise<void> {
    return this.#guard(async () => {
      const lines: LogLine[] = [...states].map((state) => ({ state }));
      await this.#append(lines);
      for (const line of lines) applyLine(this.#content, line);
      if (this.#appendedBytes > Math.max(MIN_APPENDED_BYTES, this.#entries.size * 1000))
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
        await this.#append([this.#lineOf(change)]);
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
    return this.#version;
  }

  release(): Promise<void> {
    return this.#guard(async () => {
      await this.#compact();
      await this.#owner.release();
    });
  }

  watch(onChange: () => void): () => void {
    let seen = this.#version;
    const watcher = watch(dirname(this.#path), { persistent: false }, (_event, name) => {
      if (name !== basename(this.#path)) return;
      void this.load().then(
        ({ version }) => {
          if (version === seen) return;
          seen = version;
          onChange();
        },
        () => {},
      );
    });
    watcher.on("error", () => {});
    return () => watcher.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#work;
    await this.#file?.close();
    this.#file = undefined;
  }

  get #content(): { entries: Map<string, StoredEntry>; requests: Map<string, RunRequest> } {
    return { entries: this.#entries, requests: this.#requests };
  }

  #guard<TResult>(work: () => Promise<TResult>): Promise<TResult> {
    const done = this.#work.then(work).catch((error: unknown) => {
      if (error instanceof BeatStoreError || error instanceof BeatLockedError) throw error;
      throw new BeatStoreError(`the schedule file ${this.#path} cannot be used`, { cause: error });
    });
    this.#work = done.catch(() => {});
    return done;
  }

  /** The line that says a change, given what is there. */
  #lineOf(change: EntryChange): LogLine {
    if (change.kind === "request") return { request: change.request };
    if (change.kind === "done") return { done: change.id };
    const entries = new Map(this.#entries);
    applyChange({ entries, requests: new Map() }, change);
    const { definition = null, enabled = null } = entries.get(change.name) ?? {};
    return { entry: [change.name, definition, enabled] };
  }

  async #append(lines: readonly LogLine[]): Promise<void> {
    if (lines.length === 0) return;
    if (this.#inode < 0) await writeFile(this.#path, `${HEADER}\n`, { flag: "wx" }).catch(ignoreExisting);
    // A line that a crash cut off must not swallow the one after it.
    const text = `${this.#endsInLine ? "\n" : ""}${textOf(lines)}`;
    this.#endsInLine = false;
    this.#file ??= await open(this.#path, "a");
    await this.#file.appendFile(text);
    this.#appendedBytes += text.length;
  }

  /** Reads what was appended since the last look, or everything when the file is another one. */
  async #refresh(): Promise<void> {
    const info = await stat(this.#path).catch(() => undefined);
    if (info === undefined) return;
    if (info.ino !== this.#inode || info.size < this.#offset) {
      this.#entries = new Map();
      this.#requests = new Map();
      this.#version++;
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
    if (isPythonShelve(bytes)) {
      throw new BeatStoreError(
        `${this.#path} is the schedule of Python's beat and is left alone. Name another file with -s.`,
      );
    }
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
      if (line !== undefined && applyLine(this.#content, line)) this.#version++;
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
      await this.#file?.close();
      this.#file = undefined;
      const { ino, size } = await stat(this.#path);
      [this.#inode, this.#offset, this.#appendedBytes] = [ino, size, 0];
    });
  }
}

function ignoreExisting(error: NodeJS.ErrnoException): void {
  if (error.code !== "EEXIST") throw error;
}
