import { asError, type Logger } from "@q/kernel";
import type { StoredEntry } from "./contracts.ts";
import { Entry, type EntryOptions } from "./entry.ts";
import { Crontab } from "./schedules/crontab.ts";

/** What entries take from their beat. */
export interface EntryDefaults {
  readonly timeZone: string;
  /** Celery's `beat_cron_starting_deadline`: the misfire window of crontabs without one, seconds. */
  readonly cronStartingDeadline?: number | undefined;
}

/** An entry in force, and what the store knows of it. */
export interface BookEntry {
  readonly entry: Entry;
  readonly stored: StoredEntry | undefined;
  readonly isEnabled: boolean;
  /** Added or changed at run time. */
  readonly isStored: boolean;
}

/** Reads one entry. @throws {EntryError} */
export function readEntry(name: string, written: EntryOptions, defaults: EntryDefaults): Entry {
  const { timeZone, cronStartingDeadline } = defaults;
  const entry = new Entry(name, written, { timeZone });
  if (cronStartingDeadline === undefined || !(entry.schedule instanceof Crontab)) return entry;
  return new Entry(name, written, { timeZone, misfireWindow: cronStartingDeadline });
}

/**
 * The entries in force: those of the program, under what was added, changed, paused and resumed in the store. An entry
 * in the store that cannot be read is logged and left out; it stops no other.
 */
export function bookOf(
  own: ReadonlyMap<string, Entry>,
  stored: readonly StoredEntry[],
  { defaults, logger }: { defaults: EntryDefaults; logger: Logger },
): Map<string, BookEntry> {
  const known = new Map(stored.map((one) => [one.name, one]));
  const book = new Map<string, BookEntry>();
  for (const [name, entry] of own) {
    const one = known.get(name);
    book.set(name, { entry, stored: one, isEnabled: one?.enabled ?? entry.enabled, isStored: false });
  }
  for (const one of stored) {
    if (one.definition === null) continue;
    try {
      const entry = readEntry(one.name, one.definition as unknown as EntryOptions, defaults);
      book.set(one.name, { entry, stored: one, isEnabled: one.enabled ?? entry.enabled, isStored: true });
    } catch (error) {
      logger.error({ entry: one.name, err: asError(error) }, "an entry in the store cannot be used");
    }
  }
  return book;
}
