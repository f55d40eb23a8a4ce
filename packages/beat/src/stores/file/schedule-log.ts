import type { EntryChange, EntryState, RunRequest } from "../../contracts.ts";
import type { EntryJson } from "../../entry.ts";
import { changed, type StoredDefinition, type StoredEntries } from "../stored-entries.ts";

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

/** Makes what a line says to `content`. */
export function applyLine(content: StoredEntries, line: LogLine): void {
  if ("state" in line) content.setState(...line.state);
  else if ("entry" in line) {
    const [name, definition, enabled] = line.entry;
    content.setDefinition(name, { definition, enabled });
  } else if ("forget" in line) content.forget(line.forget);
  else if ("request" in line) content.request(line.request);
  else content.done(line.done);
}

/** The line that says a change. */
export function lineOf(change: EntryChange, before: (name: string) => StoredDefinition): LogLine {
  if (change.kind === "request") return { request: change.request };
  if (change.kind === "done") return { done: change.id };
  const { definition, enabled } = changed(before(change.name), change);
  return { entry: [change.name, definition, enabled] };
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
export function snapshotOf({ entries, requests }: Pick<StoredEntries, "entries" | "requests">): string {
  const lines: LogLine[] = [];
  for (const { name, definition, enabled, state } of entries) {
    if (definition !== null || enabled !== null) lines.push({ entry: [name, definition, enabled] });
    if (state !== null) lines.push({ state: [name, state] });
  }
  for (const request of requests) lines.push({ request });
  return `${HEADER}\n${textOf(lines)}`;
}

/** Whether a file begins as those of Python's `shelve` do: gdbm, Berkeley DB, or SQLite since Python 3.13. */
export function isPythonShelve(start: Buffer): boolean {
  if (start.subarray(0, 15).toString("latin1") === "SQLite format 3") return true;
  return (
    isBerkeleyDb(start) || numberAt(start, 0).some((magic) => magic >= 0x13579acd && magic <= 0x13579ad1)
  );
}

/** Whether a file begins as those of Berkeley DB do, in which `shelve` keeps what it calls `.db`. */
export function isBerkeleyDb(start: Buffer): boolean {
  const magics = [...numberAt(start, 0), ...numberAt(start, 12)];
  return magics.some((magic) => magic === 0x00061561 || magic === 0x00053162);
}

/** A number of four bytes, read both ways; none where the file is shorter. */
function numberAt(bytes: Buffer, offset: number): number[] {
  return bytes.length < offset + 4 ? [] : [bytes.readUInt32LE(offset), bytes.readUInt32BE(offset)];
}
