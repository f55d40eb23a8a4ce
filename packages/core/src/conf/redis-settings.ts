/** Settings: Redis result backend. */
export interface RedisSettings {
  /** Ping interval on backend connections, seconds. Default `null`. */
  readonly redisBackendHealthCheckInterval: number | null;
  /** TLS to the result backend: on or off, or its options. Default `null`. */
  readonly redisBackendUseSsl: boolean | Readonly<Record<string, unknown>> | null;
  /** Returns `{ username, password }`, or a promise of them; called for each new connection. Default `null`. */
  readonly redisBackendCredentialProvider: (() => unknown) | null;
  /** Size of the backend connection pool. Default `null`. */
  readonly redisMaxConnections: number | null;
  /** Timeout of connecting, seconds. Default `null`. */
  readonly redisSocketConnectTimeout: number | null;
  /** Timeout of a read or write, seconds. Default `120`. */
  readonly redisSocketTimeout: number | null;
  /** Retry commands that time out. Default `false`. */
  readonly redisRetryOnTimeout: boolean;
  /** TCP keepalive. Default `false`. */
  readonly redisSocketKeepalive: boolean;
  /** Client name shown by the server. Default `null`. */
  readonly redisClientName: string | null;
  /** Legacy part of the URL. Default `null`. */
  readonly redisHost: string | null;
  /** Legacy part of the URL. Default `null`. */
  readonly redisPort: number | null;
  /** Legacy part of the URL. Default `null`. */
  readonly redisDb: number | null;
  /** Legacy part of the URL. Default `null`. */
  readonly redisUsername: string | null;
  /** Legacy part of the URL. Default `null`. */
  readonly redisPassword: string | null;
}
