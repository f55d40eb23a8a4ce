import { randomUUID } from "node:crypto";
import { closeSync, openSync, readSync, unlinkSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ImproperlyConfiguredError } from "@q/kernel";
import { type SharedMemory, WORDS } from "./shared-memory.ts";

/** A word, and the same with every bit turned: who reads while it is written sees that they do not fit. */
const WORD_BYTES = 8;
/** In memory where there is such a place: a disk would write every page that is touched, again and again. */
const FOLDERS: readonly (() => string)[] = [() => "/dev/shm", tmpdir];

/**
 * Memory that processes share: a file without a name, which both have open. Node maps no files, but a read or write of
 * a few bytes costs a microsecond, and what was written stays when the writer is killed.
 */
export class SharedFile implements SharedMemory {
  readonly fd: number;
  readonly size: number;
  readonly #word = Buffer.alloc(WORD_BYTES);

  constructor(fd: number, size: number) {
    this.fd = fd;
    this.size = size;
  }

  /** @throws {ImproperlyConfiguredError} when there is no folder in which a file can be made */
  static allocate(size: number): SharedFile {
    const fd = openUnnamed();
    // All of it now: whoever writes later must not find the disk full.
    writeSync(fd, initial(size), 0);
    return new SharedFile(fd, size);
  }

  word(index: number): number {
    for (;;) {
      readSync(this.fd, this.#word, 0, WORD_BYTES, index * WORD_BYTES);
      const value = this.#word.readInt32LE(0);
      if (value === ~this.#word.readInt32LE(4)) return value;
    }
  }

  setWord(index: number, value: number): void {
    this.#word.writeInt32LE(value, 0);
    this.#word.writeInt32LE(~value, 4);
    writeSync(this.fd, this.#word, 0, WORD_BYTES, index * WORD_BYTES);
  }

  write(at: number, bytes: Uint8Array): void {
    writeSync(this.fd, bytes, 0, bytes.byteLength, WORDS * WORD_BYTES + at);
  }

  read(at: number, into: Uint8Array): void {
    readSync(this.fd, into, 0, into.byteLength, WORDS * WORD_BYTES + at);
  }

  close(): void {
    closeSync(this.fd);
  }
}

function initial(size: number): Buffer {
  const bytes = Buffer.alloc(WORDS * WORD_BYTES + size);
  for (let index = 0; index < WORDS; index++) bytes.writeInt32LE(~0, index * WORD_BYTES + 4);
  return bytes;
}

function openUnnamed(): number {
  const failures: unknown[] = [];
  for (const folder of FOLDERS) {
    const path = join(folder(), `q-pool-${randomUUID()}`);
    try {
      const fd = openSync(path, "wx+", 0o600);
      unlinkSync(path);
      return fd;
    } catch (error) {
      // No other folder helps when no file can be opened at all.
      if (["EMFILE", "ENFILE"].includes((error as NodeJS.ErrnoException).code ?? "")) throw error;
      failures.push(error);
    }
  }
  throw new ImproperlyConfiguredError(
    `a pool of processes keeps a small file per process, and can make none in ${FOLDERS.map((folder) => folder()).join(" or ")}. ` +
      `Name a folder that can be written in the environment: TMPDIR.`,
    { cause: failures.at(-1) },
  );
}
