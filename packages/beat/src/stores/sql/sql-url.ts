import { BeatStoreError } from "../../errors.ts";

/** The address of a schedule in a database. */
export interface SqlUrl {
  /** For the driver. */
  readonly url: string;
  /** Name of the schedule: several may be in one database. */
  readonly scope: string;
  /** Host and database, for people. */
  readonly shown: string;
}

/** Reads `scheme://user:password@host:port/database?schedule=name`. @throws {BeatStoreError} */
export function readSqlUrl(text: string): SqlUrl {
  let url: URL;
  try {
    url = new URL(text);
  } catch (error) {
    // Not repeated: it may hold a password.
    throw new BeatStoreError("the URL of the schedule cannot be read", { cause: error });
  }
  const scope = url.searchParams.get("schedule") ?? "beat";
  url.searchParams.delete("schedule");
  return { url: url.href, scope, shown: `${url.host}${url.pathname}` };
}
