import { asError, type Logger } from "@q/kernel";
import type { EntryState } from "../contracts.ts";
import type { EntryJson } from "../entry.ts";

/** Reads a definition. What somebody else has put there is kept as an entry that cannot be used: the beat says so. */
export function readDefinition(text: string | null | undefined): EntryJson | null {
  if (text === null || text === undefined) return null;
  try {
    return JSON.parse(text) as EntryJson;
  } catch {
    return { unreadable: text };
  }
}

/** Reads a state; without one that can be read, the entry starts anew. */
export function readState(text: string | null | undefined, logger: Logger): EntryState | null {
  if (text === null || text === undefined) return null;
  try {
    return JSON.parse(text) as EntryState;
  } catch (error) {
    logger.error({ err: asError(error), text }, "the state of an entry cannot be read: it starts anew");
    return null;
  }
}
