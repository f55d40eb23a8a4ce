/** Settings: Cloud and search result backends. */
export interface CloudSettings {
  /** Access key. Default `null`. */
  readonly s3AccessKeyId: string | null;
  /** Secret key. Default `null`. */
  readonly s3SecretAccessKey: string | null;
  /** Bucket. Default `null`. */
  readonly s3Bucket: string | null;
  /** Key prefix. Default `null`. */
  readonly s3BasePath: string | null;
  /** Custom endpoint (Ceph, MinIO). Default `null`. */
  readonly s3EndpointUrl: string | null;
  /** Region. Default `null`. */
  readonly s3Region: string | null;
  /** Container. Default `"celery"`. */
  readonly azureblockblobContainerName: string;
  /** Blob prefix. Default `""`. */
  readonly azureblockblobBasePath: string;
  /** First wait before a retry, seconds. Default `2`. */
  readonly azureblockblobRetryInitialBackoffSec: number;
  /** Back-off base. Default `2`. */
  readonly azureblockblobRetryIncrementBase: number;
  /** Attempts. Default `3`. */
  readonly azureblockblobRetryMaxAttempts: number;
  /** Timeout of connecting, seconds. Default `20`. */
  readonly azureblockblobConnectionTimeout: number;
  /** Timeout of reading, seconds. Default `120`. */
  readonly azureblockblobReadTimeout: number;
  /** Bucket. Default `null`. */
  readonly gcsBucket: string | null;
  /** Project. Default `null`. */
  readonly gcsProject: string | null;
  /** Object prefix. Default `""`. */
  readonly gcsBasePath: string;
  /** Seconds that an object lives; needs a lifecycle rule of the bucket. 0: for ever. Default `0`. */
  readonly gcsTtl: number;
  /** Parallel operations. Default `10`. */
  readonly gcsThreadpoolMaxsize: number;
  /** Project of the chord counters. `null`: that of `gcsProject`. Default `null`. */
  readonly firestoreProject: string | null;
  /** Retry on another node after timeout. Default `false`. */
  readonly elasticsearchRetryOnTimeout: boolean;
  /** Retries before an error. `null`: the driver's. Default `null`. */
  readonly elasticsearchMaxRetries: number | null;
  /** Timeout of a request, seconds. `null`: the driver's. Default `null`. */
  readonly elasticsearchTimeout: number | null;
  /** Store meta as text instead of JSON. Default `true`. */
  readonly elasticsearchSaveMetaAsText: boolean;
  /** Custom endpoint for the dynamodb backend. Default `null`. */
  readonly dynamodbEndpointUrl: string | null;
  /** Database. Default `"celerydb"`. */
  readonly cosmosdbsqlDatabaseName: string;
  /** Collection. Default `"celerycol"`. */
  readonly cosmosdbsqlCollectionName: string;
  /** Consistency. Default `"Session"`. */
  readonly cosmosdbsqlConsistencyLevel: string;
  /** Retries. Default `9`. */
  readonly cosmosdbsqlMaxRetryAttempts: number;
  /** Longest wait for retries, seconds. Default `30`. */
  readonly cosmosdbsqlMaxRetryWaitTime: number;
}
