import { asError, QError } from "@q/kernel";
import { ConnectionError } from "../../errors.ts";
import { sqliteErrorCode } from "./sqlite-driver.ts";

const explanations: Readonly<Record<string, string>> = {
  SQLITE_BUSY: "another process has kept it locked for too long. Look for a stuck process that uses it.",
  SQLITE_LOCKED: "another process has kept it locked for too long. Look for a stuck process that uses it.",
  SQLITE_FULL: "the disk is full. Free some space.",
  SQLITE_READONLY: "it cannot be written. Check the rights of the file and of its directory.",
  SQLITE_PERM: "access is denied. Check the rights of the file and of its directory.",
  SQLITE_CANTOPEN: "it cannot be opened. Check that the directory exists and may be written.",
  SQLITE_NOTADB: "it is not an SQLite database. Name another file in the URL.",
  SQLITE_CORRUPT: "it is damaged. Restore it from a backup, or remove it to start afresh.",
  SQLITE_IOERR: "reading or writing it failed. Check the disk.",
};

const transientCodes = ["SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_FULL", "SQLITE_IOERR"];

/** Tells of an error of {@link databaseError} that the database may be usable a little later: locked, disk full or away. */
export function isTransientDatabaseError(error: Error): boolean {
  return transientCodes.includes(sqliteErrorCode(error.cause) ?? "");
}

/** An error of SQLite or of the file system as ours; errors of Q pass. */
export function databaseError(thrown: unknown, file: string): QError {
  if (thrown instanceof QError) return thrown;
  const cause = asError(thrown);
  const explanation = explanations[sqliteErrorCode(thrown) ?? ""] ?? cause.message;
  return new ConnectionError(`the database ${file} failed: ${explanation}`, { cause });
}
