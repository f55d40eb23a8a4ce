/**
 * Options of `broker_transport_options`, in camelCase, that some transport of ours or of kombu knows. As in Celery a
 * transport passes over those of others, so that one configuration serves a fleet on several brokers or a failover
 * list; a name that nobody knows is a slip and stays an error.
 */
const names: ReadonlySet<string> = new Set(
  [
    // RabbitMQ
    "confirmPublish connectTimeout readTimeout writeTimeout clientProperties loginMethod frameMax channelMax",
    "maxUnconfirmed maxRetries intervalStart intervalStep intervalMax socketSettings",
    // every virtual transport
    "visibilityTimeout bodyEncoding deadletterQueue pollingInterval prioritySteps sep queueOrderStrategy",
    // Redis
    "ackEmulation unackedKey unackedIndexKey unackedMutexKey unackedMutexExpire unackedRestoreLimit",
    "unackedRestoreInterval unackedRestoreThrottle fanoutPrefix fanoutPatterns globalKeyprefix socketTimeout",
    "socketConnectTimeout socketKeepalive socketKeepaliveOptions socketReadSize maxConnections healthCheckInterval",
    "retryOnTimeout clientName credentialProvider masterName minOtherSentinels sentinelKwargs retryPolicy errback",
    "callback polling brpopTimeout connectRetriesTimeout",
    // SQS and Azure
    "region regioninfo isSecure port predefinedQueues predefinedExchanges queueNamePrefix waitTimeSeconds queueTags",
    "supportsFanout fetchMessageAttributes backoffPolicy backoffTasks stsRoleArn stsTokenTimeout",
    "stsTokenBufferTime retryTotal retryBackoffFactor retryBackoffMax useLockRenewal peekLockSeconds",
    // Kafka, GCP Pub/Sub, PostgreSQL
    "kafkaAdminConfig kafkaCommonConfig kafkaConsumerConfig kafkaProducerConfig numPartitions replicationFactor",
    "saslMechanism saslMechanisms securityProtocol topicConfig ackDeadlineSeconds expirationSeconds maxPollSeconds",
    "poolTimeout useNotify fifoMode connString ackModifyBatchSize bulkMaxMessages bulkMaxTasks",
    // filesystem, MongoDB, SQL, others
    "dataFolderIn dataFolderOut controlFolder processedFolder storeProcessed cappedQueueSize ttl",
    "defaultHostname defaultPort defaultDatabase messagesCollection routingCollection broadcastCollection",
    "queuesCollection calcQueueSize readpreference ssl sslCertfile sslKeyfile sslTrustfile sslSkipHostnameCheck secure",
    "busyTimeout echo poolRecycle queueTablename messageTablename sessionTtl",
  ].flatMap((line) => line.split(" ")),
);

/** Whether some other transport gives this option, in camelCase, a meaning. */
export function isForeignOption(name: string): boolean {
  return names.has(name);
}
