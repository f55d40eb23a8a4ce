export { createSqliteBackend } from "./sqlite-backend.ts";
