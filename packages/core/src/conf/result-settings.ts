/** Settings: Result backend. */
export interface ResultSettings {
  /**
   * URL of the place where results are stored. `null`: the file of the embedded broker, with another broker
   * none. Default `null`.
   */
  readonly resultBackend: string | null;
  /** Retry backend operations on recoverable errors. Default `false`. */
  readonly resultBackendAlwaysRetry: boolean;
  /** Longest wait between retries, milliseconds. Default `10000`. */
  readonly resultBackendMaxSleepBetweenRetriesMs: number;
  /** First wait before a retry, milliseconds; doubled each time. Default `10`. */
  readonly resultBackendBaseSleepBetweenRetriesMs: number;
  /** Retry count for backend operations. Default `Infinity`. */
  readonly resultBackendMaxRetries: number;
  /** Share one backend object between threads. Default `false`. */
  readonly resultBackendThreadSafe: boolean;
  /** Options of the connection to the result backend, such as `global_keyprefix`. Default `{}`. */
  readonly resultBackendTransportOptions: Readonly<Record<string, unknown>>;
  /** Serializer of stored results. Default `"json"`. */
  readonly resultSerializer: string;
  /** Compression of stored results. Default `null`. */
  readonly resultCompression: string | null;
  /** Also store name, args, kwargs, worker, retries, queue. Default `false`. */
  readonly resultExtended: boolean;
  /** Seconds after which results are removed; `null` or 0 keeps them. Default `86400`. */
  readonly resultExpires: number | null;
  /** Results that a client keeps in memory; 0: no limit, -1: none. Default `-1`. */
  readonly resultCacheMax: number;
  /**
   * Seconds after which a chord that Q has sent ends as failed unless its header has ended; `null` for never. Kept by a
   * task, `celery.chord_deadline`, that waits on the queue of the body, which a Q worker must consume. Default `null`.
   */
  readonly resultChordDeadline: number | null;
  /** Seconds to wait for each result of a group when a chord is joined. Default `3`. */
  readonly resultChordJoinTimeout: number;
  /** Seconds between looks at the results of a chord. Default `1`. */
  readonly resultChordRetryInterval: number;
  /** Exchange of message-based results (legacy). Default `"celeryresults"`. */
  readonly resultExchange: string;
  /** Type of that exchange (legacy). Default `"direct"`. */
  readonly resultExchangeType: string;
  /** RPC results as persistent messages. Default `false`. */
  readonly resultPersistent: boolean;
  /** Replace a built-in backend implementation. Default `{}`. */
  readonly overrideBackends: Readonly<Record<string, unknown>>;
}
