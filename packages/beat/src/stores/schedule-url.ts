import { ImproperlyConfiguredError } from "@q/kernel";
import { DEFAULT_SCHEDULE, type StoreContext } from "./open-store.ts";

/** The address of a schedule on a server. */
export interface ScheduleUrl {
  /** For the driver. */
  readonly url: string;
  /** Name of the schedule: several may be in one database. */
  readonly schedule: string;
  /** Host and database, for people. */
  readonly shown: string;
}

/** Reads `scheme://user:password@host:port/database?schedule=name`. @throws {ImproperlyConfiguredError} */
export function readScheduleUrl(text: string, context: StoreContext): ScheduleUrl {
  let url: URL;
  try {
    url = new URL(text);
  } catch (error) {
    // Not repeated: it may hold a password.
    throw new ImproperlyConfiguredError(
      "the URL of the schedule cannot be read. Write scheme://user:password@host:port/database",
      {
        cause: error,
      },
    );
  }
  const schedule = url.searchParams.get("schedule") ?? context.schedule ?? DEFAULT_SCHEDULE;
  url.searchParams.delete("schedule");
  return { url: url.href, schedule, shown: `${url.host}${url.pathname}` };
}
