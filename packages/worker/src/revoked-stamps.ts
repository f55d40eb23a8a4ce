import { stampTexts } from "@q/core/internal/control";
import { RevokedSet } from "./revoked-set.ts";

/** Stamps whose tasks are revoked, as texts, one for each value. */
export class RevokedStamps extends RevokedSet {
  /** Whether a task that carries these stamps is revoked: one of them is enough. */
  covers(stamps: Readonly<Record<string, unknown>>): boolean {
    return this.size > 0 && stampTexts(Object.entries(stamps)).some((text) => this.has(text));
  }
}

/** Per header, the values that a task carries and that are listed. */
export function matchingStamps(
  stamps: Readonly<Record<string, unknown>>,
  listed: ReadonlyMap<string, ReadonlySet<unknown>>,
): Map<string, unknown[]> {
  const found = new Map<string, unknown[]>();
  for (const [header, values] of listed) {
    if (!Object.hasOwn(stamps, header)) continue;
    const own = stamps[header];
    const matching = (Array.isArray(own) ? (own as unknown[]) : [own]).filter((value) => values.has(value));
    if (matching.length > 0) found.set(header, matching);
  }
  return found;
}
