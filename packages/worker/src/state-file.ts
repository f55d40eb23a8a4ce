import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { asError, type Logger } from "@q/kernel";

/** What a worker remembers across restarts. */
export interface WorkerState {
  /** Revoked ids with the time of their revocation, milliseconds since 1970. */
  readonly revoked: readonly (readonly [id: string, revokedAtMs: number])[];
  /** The same for the texts of stamps. */
  readonly revokedStamps: readonly (readonly [text: string, revokedAtMs: number])[];
  readonly clock: number;
}

/**
 * The state of a worker in a file of JSON (`--statedb`). It is replaced as a whole, so that a crash leaves the old one or
 * the new one. A file that cannot be read is told to the log and then overwritten.
 */
export class StateFile {
  readonly #path: string;
  readonly #logger: Logger;

  constructor(path: string, logger: Logger) {
    this.#path = path;
    this.#logger = logger;
  }

  read(): WorkerState | undefined {
    try {
      return parse(JSON.parse(readFileSync(this.#path, "utf8")));
    } catch (thrown) {
      const err = asError(thrown);
      if ((err as NodeJS.ErrnoException).code === "ENOENT") return undefined;
      this.#logger.warn({ err, path: this.#path }, "the state file could not be read and begins anew");
      return undefined;
    }
  }

  write(state: WorkerState): void {
    const fresh = `${this.#path}.${process.pid}.tmp`;
    try {
      writeFileSync(fresh, JSON.stringify({ version: 1, ...state }));
      renameSync(fresh, this.#path);
    } catch (thrown) {
      this.#logger.error({ err: asError(thrown), path: this.#path }, "the state file could not be written");
    }
  }
}

function parse(content: unknown): WorkerState {
  const { revoked, revokedStamps, clock } = content as Readonly<Record<string, unknown>>;
  if (!Array.isArray(revoked)) throw new TypeError('"revoked" is missing');
  const isEntry = (entry: unknown): entry is [string, number] =>
    Array.isArray(entry) && typeof entry[0] === "string" && typeof entry[1] === "number";
  return {
    revoked: revoked.filter(isEntry),
    revokedStamps: Array.isArray(revokedStamps) ? revokedStamps.filter(isEntry) : [],
    clock: typeof clock === "number" ? clock : 0,
  };
}
