import { type Clock, ImproperlyConfiguredError, type Logger } from "@q/kernel";
import type { BeatStore } from "../contracts.ts";

/** What stores work with. */
export interface StoreContext {
  readonly logger: Logger;
  readonly clock: Clock;
  /** Name of the schedule, where the URL gives none: several may be in one database. Default `beat`. */
  readonly schedule?: string;
  /** Runs after which a schedule file waits for the disk; 0, the default: every 180 seconds. */
  readonly syncEvery?: number | undefined;
}

/** Name of a schedule that has none. */
export const DEFAULT_SCHEDULE = "beat";

type OpenStore = (url: string, context: StoreContext) => Promise<BeatStore>;

/** Loaded when a URL first names them. */
const STORES: Readonly<Record<string, () => Promise<OpenStore>>> = {
  file: async () => (await import("./file/file-store.ts")).openFileStore,
  sqlite: async () => (await import("./sqlite/sqlite-store.ts")).openSqliteStore,
  redis: openRedis,
  rediss: openRedis,
  valkey: openRedis,
  valkeys: openRedis,
  postgres: openPostgres,
  postgresql: openPostgres,
  mysql: openMysql,
  mariadb: openMysql,
};

async function openRedis(): Promise<OpenStore> {
  return (await import("./redis/redis-store.ts")).openRedisStore;
}

async function openPostgres(): Promise<OpenStore> {
  return (await import("./sql/postgres.ts")).openPostgresStore;
}

async function openMysql(): Promise<OpenStore> {
  return (await import("./sql/mysql.ts")).openMysqlStore;
}

/**
 * Opens the store that a file name or a URL names. Its driver is loaded now.
 *
 * @throws {ImproperlyConfiguredError} for an unknown scheme, or a URL that cannot be read
 * @throws {BeatStoreError} when it cannot be opened
 * @throws {MissingDriverError} with the install command
 */
export async function openStore(where: string, context: StoreContext): Promise<BeatStore> {
  const scheme = /^([a-z][a-z0-9+.-]+):/i.exec(where)?.[1]?.toLowerCase() ?? "file";
  const load = STORES[scheme];
  if (load === undefined)
    throw new ImproperlyConfiguredError(
      `no store for "${scheme}:". There are: ${Object.keys(STORES).join(", ")}.`,
    );
  return (await load())(where, context);
}
