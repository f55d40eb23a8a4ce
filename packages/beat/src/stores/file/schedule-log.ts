import type { EntryState, RunRequest } from "../../contracts.ts";
import type { EntryJson } from "../../entry.ts";
import type { StoredEntries } from "../stored-entries.ts";

/** First line of a schedule file. */
export const HEADER = '{"schedule":"q-beat","version":1}';

/** A line of the file: the state of an entry, its definition, or a run that was asked for. */
export type LogLine =
  | { readonly state: readonly [name: string, state: EntryState] }
  | {
      readonly entry: readonly [name: string, definition: EntryJson | null, enabled: boolean | null];
    }
  | { readonly forget: string }
  | { readonly request: RunRequest }
  | { readonly done: string };

/** Makes what a line says to `content`; tells whether it concerned more than a state. */
export function applyLine({ entries, requests }: StoredEntries, line: LogLine): boolean {
  if ("state" in line) {
    const [name, state] = line.state;
    entries.set(name, { ...(entries.get(name) ?? { name, definition: null, enabled: null }), state });
    return false;
  }
  if ("entry" in line) {
    const [name, definition, enabled] = line.entry;
    entries.set(name, { name, state: entries.get(name)?.state ?? null, definition, enabled });
  } else if ("forget" in line) entries.delete(line.forget);
  else if ("request" in line) requests.set(line.request.id, line.request);
  else requests.delete(line.done);
  return true;
}

/** The text of lines. */
export function textOf(lines: Iterable<LogLine>): string {
  let text = "";
  for (const line of lines) text += `${JSON.stringify(line)}\n`;
  return text;
}

/** Reads a line; `undefined` for one that a crash or a full disk cut off. */
export function readLine(text: string): LogLine | undefined {
  try {
    const line: unknown = JSON.parse(text);
    return typeof line === "object" && line !== null ? (line as LogLine) : undefined;
  } catch {
    return undefined;
  }
}

/** The shortest file that says the same. */
export function snapshotOf({ entries, requests }: StoredEntries): string {
  const lines: LogLine[] = [];
  for (const { name, definition, enabled, state } of entries.values()) {
    if (definition !== null || enabled !== null) lines.push({ entry: [name, definition, enabled] });
    if (state !== null) lines.push({ state: [name, state] });
  }
  for (const request of requests.values()) lines.push({ request });
  return `${HEADER}\n${textOf(lines)}`;
}

/** Whether a file begins as those of Python's `shelve` do: gdbm, Berkeley DB, or SQLite since Python 3.13. */
export function isPythonShelve(start: Buffer): boolean {
  if (start.subarray(0, 15).toString("latin1") === "SQLite format 3") return true;
  const [atStart, inside] = [start.subarray(0, 4), start.subarray(12, 16)].map((bytes) =>
    bytes.length === 4 ? [bytes.readUInt32LE(), bytes.readUInt32BE()] : [],
  );
  const isGdbm = atStart?.some((magic) => magic >= 0x13579acd && magic <= 0x13579ad1) === true;
  return isGdbm || inside?.some((magic) => magic === 0x00061561 || magic === 0x00053162) === true;
}
