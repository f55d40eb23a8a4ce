import type { Logger } from "@q/kernel";
import { MessageStore } from "./message-store.ts";
import {
  type DatabaseUse,
  openDatabase,
  type OpenDatabaseOptions,
  type SqliteDatabase,
} from "./sqlite-database.ts";
import { SqliteOwner } from "./sqlite-owner.ts";
import { brokerSchema, ensureSchema } from "./sqlite-schema.ts";
import { TopologyStore } from "./topology-store.ts";

/** The broker in one database file, as one connection uses it. */
export interface SqliteBroker extends AsyncDisposable {
  readonly database: SqliteDatabase;
  readonly topology: TopologyStore;
  readonly messages: MessageStore;
  readonly owner: SqliteOwner;
}

/** @throws {ConnectionError} @throws {MissingDriverError} @throws {ImproperlyConfiguredError} on a newer schema */
export async function openBroker(
  path: string,
  options: OpenDatabaseOptions & { readonly logger: Logger },
): Promise<SqliteBroker> {
  const use: DatabaseUse = await openDatabase(path, options);
  const { database } = use;
  try {
    await ensureSchema(database, brokerSchema);
  } catch (error) {
    await use[Symbol.asyncDispose]();
    throw error;
  }
  const topology = new TopologyStore(database);
  const messages = new MessageStore(database, topology);
  const owner = new SqliteOwner(database, { messages, topology }, options.logger);
  const dispose = async (): Promise<void> => {
    try {
      await owner[Symbol.asyncDispose]();
    } catch {
      // Its token is no longer alive, so any other owner gives its messages back.
    }
    await use[Symbol.asyncDispose]();
  };
  return { database, topology, messages, owner, [Symbol.asyncDispose]: dispose };
}
