import { createHash } from "node:crypto";

/** Namespace of the ids below; any constant does, as long as it never changes. */
const NAMESPACE = Buffer.from("6f1d6a0e5b7a4d6b9a8d0c5e3f1b2a47", "hex");

/** One occurrence of an entry. */
export interface Occurrence {
  /** Schedules that share a broker differ in it; the name of the app, usually. */
  readonly scope: string;
  readonly name: string;
  readonly at: number;
}

/** The task id of an occurrence, a UUID of version 5: every beat works out the same, so a double fire is one task. */
export function occurrenceId({ scope, name, at }: Occurrence): string {
  const hash = createHash("sha1")
    .update(NAMESPACE)
    .update(JSON.stringify([scope, name, new Date(at).toISOString()]))
    .digest();
  hash[6] = ((hash[6] ?? 0) & 0x0f) | 0x50;
  hash[8] = ((hash[8] ?? 0) & 0x3f) | 0x80;
  return hash.toString("hex", 0, 16).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

/** How much later than its time an occurrence is sent: the same in every beat, and evenly spread. */
export function jitterOf(occurrence: Occurrence, jitterMs: number): number {
  if (jitterMs === 0) return 0;
  const hash = createHash("sha1").update("jitter").update(occurrenceId(occurrence)).digest();
  return Math.floor((hash.readUInt32BE(0) / 2 ** 32) * (jitterMs + 1));
}
