/** Parts of the SQLite transport for the result store in the same file; not covered by the promises of the public surface. */
export { openDatabase } from "./sqlite-database.ts";
export type { DatabaseUse, SqliteDatabase } from "./sqlite-database.ts";
export type { SqlValue } from "./sqlite-driver.ts";
export { isTransientDatabaseError } from "./sqlite-errors.ts";
export { databaseFile } from "./sqlite-options.ts";
export { ensureSchema } from "./sqlite-schema.ts";
export type { SchemaPart } from "./sqlite-schema.ts";
export { WakeFile } from "./wake-file.ts";
