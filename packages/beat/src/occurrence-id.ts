import { hash } from "node:crypto";

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
  const text = Buffer.from(JSON.stringify([scope, name, new Date(at).toISOString()]));
  const digest = hash("sha1", Buffer.concat([NAMESPACE, text]), "hex");
  // Version 5, and the variant in the two highest bits of the ninth byte.
  const variant = ((Number.parseInt(digest.slice(16, 18), 16) & 0x3f) | 0x80).toString(16);
  return `${digest.slice(0, 8)}-${digest.slice(8, 12)}-5${digest.slice(13, 16)}-${variant}${digest.slice(18, 20)}-${digest.slice(20, 32)}`;
}

/** How much later than its time an occurrence is sent: the same in every beat, and evenly spread. */
export function jitterOf(occurrence: Occurrence, jitterMs: number): number {
  const digest = hash("sha1", `jitter${occurrenceId(occurrence)}`, "hex");
  return Math.floor((Number.parseInt(digest.slice(0, 8), 16) / 2 ** 32) * (jitterMs + 1));
}
