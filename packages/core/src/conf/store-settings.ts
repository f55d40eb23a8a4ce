/** Settings: Database, cache, document and Cassandra result backends. */
export interface StoreSettings {
  /** Old way to name the database. Default `null`. */
  readonly databaseUrl: string | null;
  /** Create tables at start rather than on first store. Default `true`. */
  readonly databaseCreateTablesAtSetup: boolean;
  /** Options for the SQL client/pool. Default `{}`. */
  readonly databaseEngineOptions: Readonly<Record<string, unknown>>;
  /** Called with the pool of connections that was made. Default `null`. */
  readonly databaseEngineCallback: string | ((pool: unknown) => void) | null;
  /** New connection per operation. Default `false`. */
  readonly databaseShortLivedSessions: boolean;
  /** SQL schema for both tables. Default `{}`. */
  readonly databaseTableSchemas: Readonly<Record<string, unknown>>;
  /** Custom table names. Default `{}`. */
  readonly databaseTableNames: Readonly<Record<string, unknown>>;
  /** Old way to name the cache: a list of servers, or `memory`. Default `null`. */
  readonly cacheBackend: string | null;
  /** Memcached client options. Default `{}`. */
  readonly cacheBackendOptions: Readonly<Record<string, unknown>>;
  /** MongoDB backend options. Default `null`. */
  readonly mongodbBackendSettings: Readonly<Record<string, unknown>> | null;
  /** Couchbase backend options. Default `null`. */
  readonly couchbaseBackendSettings: Readonly<Record<string, unknown>> | null;
  /** ArangoDB backend options. Default `null`. */
  readonly arangodbBackendSettings: Readonly<Record<string, unknown>> | null;
  /** Hosts; exclusive with the bundle. Default `[]`. */
  readonly cassandraServers: readonly string[];
  /** Astra DB connect bundle. Default `null`. */
  readonly cassandraSecureBundlePath: string | null;
  /** Older name of `cassandraSecureBundlePath`. Default `null`. */
  readonly cassandraBundlePath: string | null;
  /** Server port. Default `9042`. */
  readonly cassandraPort: number;
  /** Keyspace for results. Default `null`. */
  readonly cassandraKeyspace: string | null;
  /** Table (column family). Default `null`. */
  readonly cassandraTable: string | null;
  /** Read consistency level name. Default `null`. */
  readonly cassandraReadConsistency: string | null;
  /** Write consistency level name. Default `null`. */
  readonly cassandraWriteConsistency: string | null;
  /** Seconds that a row lives. Default `null`. */
  readonly cassandraEntryTtl: number | null;
  /** Auth provider class name. Default `null`. */
  readonly cassandraAuthProvider: string | null;
  /** Its arguments. Default `{}`. */
  readonly cassandraAuthKwargs: Readonly<Record<string, unknown>>;
  /** Extra cluster options. Default `{}`. */
  readonly cassandraOptions: Readonly<Record<string, unknown>>;
}
