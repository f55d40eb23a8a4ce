import type { CloudSettings } from "./cloud-settings.ts";
import { seconds } from "./duration.ts";
import type { SettingRows } from "./setting-row.ts";
import { anyOf, bool, count, instance, map, nullable, text, textList } from "./setting-type.ts";
import type { StoreSettings } from "./store-settings.ts";

const callback = instance(
  "function",
  (value): value is (pool: unknown) => void => typeof value === "function",
);

const NO_STORE = "This version has no such result store. See the guide to results for those there are.";

export const storeRows: SettingRows<StoreSettings> = {
  databaseUrl: { type: nullable(text), default: null, useInstead: "result_backend" },
  databaseCreateTablesAtSetup: { type: bool, default: true, noEffect: NO_STORE },
  databaseEngineOptions: { type: map, default: {}, noEffect: NO_STORE },
  databaseEngineCallback: { type: nullable(anyOf(text, callback)), default: null, noEffect: NO_STORE },
  databaseShortLivedSessions: { type: bool, default: false, noEffect: NO_STORE },
  databaseTableSchemas: { type: map, default: {}, noEffect: NO_STORE },
  databaseTableNames: { type: map, default: {}, noEffect: NO_STORE },
  cacheBackend: { type: nullable(text), default: null, useInstead: "result_backend" },
  cacheBackendOptions: { type: map, default: {}, noEffect: NO_STORE },
  mongodbBackendSettings: { type: nullable(map), default: null, noEffect: NO_STORE },
  couchbaseBackendSettings: { type: nullable(map), default: null, noEffect: NO_STORE },
  arangodbBackendSettings: { type: nullable(map), default: null, noEffect: NO_STORE },
  cassandraServers: { type: textList, default: [], noEffect: NO_STORE },
  cassandraSecureBundlePath: { type: nullable(text), default: null, noEffect: NO_STORE },
  cassandraBundlePath: {
    type: nullable(text),
    default: null,
    noEffect: NO_STORE,
    useInstead: "cassandra_secure_bundle_path",
  },
  cassandraPort: { type: count, default: 9042, noEffect: NO_STORE },
  cassandraKeyspace: { type: nullable(text), default: null, noEffect: NO_STORE },
  cassandraTable: { type: nullable(text), default: null, noEffect: NO_STORE },
  cassandraReadConsistency: { type: nullable(text), default: null, noEffect: NO_STORE },
  cassandraWriteConsistency: { type: nullable(text), default: null, noEffect: NO_STORE },
  cassandraEntryTtl: { type: nullable(seconds), default: null, noEffect: NO_STORE },
  cassandraAuthProvider: { type: nullable(text), default: null, noEffect: NO_STORE },
  cassandraAuthKwargs: { type: map, default: {}, noEffect: NO_STORE },
  cassandraOptions: { type: map, default: {}, noEffect: NO_STORE },
};

export const cloudRows: SettingRows<CloudSettings> = {
  s3AccessKeyId: { type: nullable(text), default: null, noEffect: NO_STORE },
  s3SecretAccessKey: { type: nullable(text), default: null, noEffect: NO_STORE },
  s3Bucket: { type: nullable(text), default: null, noEffect: NO_STORE },
  s3BasePath: { type: nullable(text), default: null, noEffect: NO_STORE },
  s3EndpointUrl: { type: nullable(text), default: null, noEffect: NO_STORE },
  s3Region: { type: nullable(text), default: null, noEffect: NO_STORE },
  azureblockblobContainerName: { type: text, default: "celery", noEffect: NO_STORE },
  azureblockblobBasePath: { type: text, default: "", noEffect: NO_STORE },
  azureblockblobRetryInitialBackoffSec: { type: seconds, default: 2, noEffect: NO_STORE },
  azureblockblobRetryIncrementBase: { type: count, default: 2, noEffect: NO_STORE },
  azureblockblobRetryMaxAttempts: { type: count, default: 3, noEffect: NO_STORE },
  azureblockblobConnectionTimeout: { type: seconds, default: 20, noEffect: NO_STORE },
  azureblockblobReadTimeout: { type: seconds, default: 120, noEffect: NO_STORE },
  gcsBucket: { type: nullable(text), default: null, noEffect: NO_STORE },
  gcsProject: { type: nullable(text), default: null, noEffect: NO_STORE },
  gcsBasePath: { type: text, default: "", noEffect: NO_STORE },
  gcsTtl: { type: seconds, default: 0, noEffect: NO_STORE },
  gcsThreadpoolMaxsize: { type: count, default: 10, noEffect: NO_STORE },
  firestoreProject: { type: nullable(text), default: null, noEffect: NO_STORE },
  elasticsearchRetryOnTimeout: { type: bool, default: false, noEffect: NO_STORE },
  elasticsearchMaxRetries: { type: nullable(count), default: null, noEffect: NO_STORE },
  elasticsearchTimeout: { type: nullable(seconds), default: null, noEffect: NO_STORE },
  elasticsearchSaveMetaAsText: { type: bool, default: true, noEffect: NO_STORE },
  dynamodbEndpointUrl: { type: nullable(text), default: null, noEffect: NO_STORE },
  cosmosdbsqlDatabaseName: { type: text, default: "celerydb", noEffect: NO_STORE },
  cosmosdbsqlCollectionName: { type: text, default: "celerycol", noEffect: NO_STORE },
  cosmosdbsqlConsistencyLevel: { type: text, default: "Session", noEffect: NO_STORE },
  cosmosdbsqlMaxRetryAttempts: { type: count, default: 9, noEffect: NO_STORE },
  cosmosdbsqlMaxRetryWaitTime: { type: seconds, default: 30, noEffect: NO_STORE },
};
