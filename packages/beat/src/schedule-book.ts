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

/** What a {@link ScheduleBook} is made of. */
export interface BookParts {
  /** Entries of the program. */
  readonly entries: ReadonlyMap<string, Entry>;
  readonly defaults: EntryDefaults;
  readonly logger: Logger;
}

/** Says which entries are in force: those of the program, under what was added, changed, paused and resumed in the store. */
export class ScheduleBook {
  readonly #parts: BookParts;

  constructor(parts: BookParts) {
    this.#parts = parts;
  }

  /** All entries in force, of everything that a store holds. */
  all(stored: readonly StoredEntry[]): BookEntry[] {
    const known = new Map(stored.map((one) => [one.name, one]));
    const names = new Set([...this.#parts.entries.keys(), ...known.keys()]);
    return [...names].flatMap((name) => this.entry(name, known.get(name)) ?? []);
  }

  /**
   * The entry of a name. One in the store that cannot be read is logged and passed over: the program's own is in force, if
   * there is one.
   */
  entry(name: string, stored: StoredEntry | undefined): BookEntry | undefined {
    const added = this.#added(name, stored);
    const entry = added ?? this.#parts.entries.get(name);
    if (entry === undefined) return undefined;
    return { entry, stored, isEnabled: stored?.enabled ?? entry.enabled, isStored: added !== undefined };
  }

  #added(name: string, stored: StoredEntry | undefined): Entry | undefined {
    const definition = stored?.definition ?? null;
    if (definition === null) return undefined;
    const { defaults, logger } = this.#parts;
    try {
      return readEntry(name, definition as unknown as EntryOptions, defaults);
    } catch (error) {
      logger.error({ entry: name, err: asError(error) }, "an entry in the store cannot be used");
      return undefined;
    }
  }
}
