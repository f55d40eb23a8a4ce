import type { CloudSettings } from "./cloud-settings.ts";
import { seconds } from "./duration.ts";
import type { SettingRows } from "./setting-row.ts";
import { anyOf, bool, count, instance, map, nullable, text, textList } from "./setting-type.ts";
import type { StoreSettings } from "./store-settings.ts";

const callback = instance(
  "function",
  (value): value is (pool: unknown) => void => typeof value === "function",
);

export const storeRows: SettingRows<StoreSettings> = {
  databaseUrl: { type: nullable(text), default: null, honoured: true, useInstead: "result_backend" },
  databaseCreateTablesAtSetup: { type: bool, default: true, honoured: false },
  databaseEngineOptions: { type: map, default: {}, honoured: false },
  databaseEngineCallback: { type: nullable(anyOf(text, callback)), default: null, honoured: false },
  databaseShortLivedSessions: { type: bool, default: false, honoured: false },
  databaseTableSchemas: { type: map, default: {}, honoured: false },
  databaseTableNames: { type: map, default: {}, honoured: false },
  cacheBackend: { type: nullable(text), default: null, honoured: true, useInstead: "result_backend" },
  cacheBackendOptions: { type: map, default: {}, honoured: false },
  mongodbBackendSettings: { type: nullable(map), default: null, honoured: false },
  couchbaseBackendSettings: { type: nullable(map), default: null, honoured: false },
  arangodbBackendSettings: { type: nullable(map), default: null, honoured: false },
  cassandraServers: { type: textList, default: [], honoured: false },
  cassandraSecureBundlePath: { type: nullable(text), default: null, honoured: false },
  cassandraBundlePath: {
    type: nullable(text),
    default: null,
    honoured: false,
    useInstead: "cassandra_secure_bundle_path",
  },
  cassandraPort: { type: count, default: 9042, honoured: false },
  cassandraKeyspace: { type: nullable(text), default: null, honoured: false },
  cassandraTable: { type: nullable(text), default: null, honoured: false },
  cassandraReadConsistency: { type: nullable(text), default: null, honoured: false },
  cassandraWriteConsistency: { type: nullable(text), default: null, honoured: false },
  cassandraEntryTtl: { type: nullable(seconds), default: null, honoured: false },
  cassandraAuthProvider: { type: nullable(text), default: null, honoured: false },
  cassandraAuthKwargs: { type: map, default: {}, honoured: false },
  cassandraOptions: { type: map, default: {}, honoured: false },
};

export const cloudRows: SettingRows<CloudSettings> = {
  s3AccessKeyId: { type: nullable(text), default: null, honoured: false },
  s3SecretAccessKey: { type: nullable(text), default: null, honoured: false },
  s3Bucket: { type: nullable(text), default: null, honoured: false },
  s3BasePath: { type: nullable(text), default: null, honoured: false },
  s3EndpointUrl: { type: nullable(text), default: null, honoured: false },
  s3Region: { type: nullable(text), default: null, honoured: false },
  azureblockblobContainerName: { type: text, default: "celery", honoured: false },
  azureblockblobBasePath: { type: text, default: "", honoured: false },
  azureblockblobRetryInitialBackoffSec: { type: seconds, default: 2, honoured: false },
  azureblockblobRetryIncrementBase: { type: count, default: 2, honoured: false },
  azureblockblobRetryMaxAttempts: { type: count, default: 3, honoured: false },
  azureblockblobConnectionTimeout: { type: seconds, default: 20, honoured: false },
  azureblockblobReadTimeout: { type: seconds, default: 120, honoured: false },
  gcsBucket: { type: nullable(text), default: null, honoured: false },
  gcsProject: { type: nullable(text), default: null, honoured: false },
  gcsBasePath: { type: text, default: "", honoured: false },
  gcsTtl: { type: seconds, default: 0, honoured: false },
  gcsThreadpoolMaxsize: { type: count, default: 10, honoured: false },
  firestoreProject: { type: nullable(text), default: null, honoured: false },
  elasticsearchRetryOnTimeout: { type: bool, default: false, honoured: false },
  elasticsearchMaxRetries: { type: nullable(count), default: null, honoured: false },
  elasticsearchTimeout: { type: nullable(seconds), default: null, honoured: false },
  elasticsearchSaveMetaAsText: { type: bool, default: true, honoured: false },
  dynamodbEndpointUrl: { type: nullable(text), default: null, honoured: false },
  cosmosdbsqlDatabaseName: { type: text, default: "celerydb", honoured: false },
  cosmosdbsqlCollectionName: { type: text, default: "celerycol", honoured: false },
  cosmosdbsqlConsistencyLevel: { type: text, default: "Session", honoured: false },
  cosmosdbsqlMaxRetryAttempts: { type: count, default: 9, honoured: false },
  cosmosdbsqlMaxRetryWaitTime: { type: seconds, default: 30, honoured: false },
};
