export { createSqliteTransport } from "./sqlite-transport.ts";
