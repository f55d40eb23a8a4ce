import { closeSync, openSync, writeSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { tempFolder } from "./temp-folder.ts";

/** One line of the ledger: an execution of task or item `id` began or ended. */
export interface LedgerEntry {
  readonly id: string | number;
  /** Number of the attempt as the task saw it, from 0. */
  readonly attempt: number;
  readonly event: "start" | "end";
  readonly pid: number;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/**
 * Appends an entry to a ledger file; safe from many processes at once, and written before it returns.
 *
 * @remarks Any program can take part: one JSON line per entry, one `write` on a file opened for appending.
 */
export function recordEntry(path: string, entry: Pick<LedgerEntry, "id" | "attempt" | "event">): void {
  const line = `${JSON.stringify({ ...entry, pid: process.pid, at: Date.now() })}\n`;
  const file = openSync(path, "a");
  try {
    writeSync(file, line);
  } finally {
    closeSync(file);
  }
}

/** What the ledger says about lost and repeated work. */
export class LedgerReport {
  readonly entries: readonly LedgerEntry[];

  constructor(entries: readonly LedgerEntry[]) {
    this.entries = entries;
  }

  /** How often each id began. */
  get starts(): Map<LedgerEntry["id"], number> {
    return this.#count("start");
  }

  /** How often each id ended. */
  get ends(): Map<LedgerEntry["id"], number> {
    return this.#count("end");
  }

  /** The ids, of those whose publishing was confirmed, that never came to an end: I1 demands none. */
  lost(confirmedIds: Iterable<LedgerEntry["id"]>): LedgerEntry["id"][] {
    const { ends } = this;
    return [...confirmedIds].filter((id) => !ends.has(id));
  }

  /** The ids that began more than once, with their number of starts: I2 bounds them by the faults. */
  duplicates(): Map<LedgerEntry["id"], number> {
    return new Map([...this.starts].filter(([, count]) => count > 1));
  }

  /** Starts without an end: what the faults interrupted. */
  interrupted(): number {
    return this.entries.reduce((open, { event }) => open + (event === "start" ? 1 : -1), 0);
  }

  #count(event: LedgerEntry["event"]): Map<LedgerEntry["id"], number> {
    const counts = new Map<LedgerEntry["id"], number>();
    for (const entry of this.entries) {
      if (entry.event === event) counts.set(entry.id, (counts.get(entry.id) ?? 0) + 1);
    }
    return counts;
  }
}

/**
 * The witness of what really ran: an append-only file that is not the broker under test.
 * Give `path` to every worker program.
 */
export interface Ledger extends AsyncDisposable {
  readonly path: string;
  record(entry: Pick<LedgerEntry, "id" | "attempt" | "event">): void;
  read(): Promise<LedgerReport>;
}

export async function openLedger(): Promise<Ledger> {
  const folder = await tempFolder("ledger");
  const path = join(folder.path, "ledger.jsonl");
  closeSync(openSync(path, "a"));
  return {
    path,
    record: (entry) => recordEntry(path, entry),
    async read() {
      // Text after the last line end is an entry being written right now.
      const lines = (await readFile(path, "utf8")).split("\n").slice(0, -1);
      return new LedgerReport(lines.map((line) => JSON.parse(line) as LedgerEntry));
    },
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
}
