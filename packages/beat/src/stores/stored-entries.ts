import type { EntryChange, RunRequest, StoredEntry } from "../contracts.ts";

/** The content of a store that is held in memory. */
export interface StoredEntries {
  readonly entries: Map<string, StoredEntry>;
  readonly requests: Map<string, RunRequest>;
}

/** Makes a change to it. */
export function applyChange({ entries, requests }: StoredEntries, change: EntryChange): void {
  if (change.kind === "request") {
    requests.set(change.request.id, change.request);
    return;
  }
  if (change.kind === "done") {
    requests.delete(change.id);
    return;
  }
  const { name } = change;
  const known = entries.get(name) ?? { name, definition: null, enabled: null, state: null };
  if (change.kind === "put") entries.set(name, { ...known, definition: change.definition });
  else if (change.kind === "enable") entries.set(name, { ...known, enabled: change.enabled });
  else entries.set(name, { ...known, definition: null, enabled: null });
}
