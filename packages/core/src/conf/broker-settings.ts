/** Settings: Broker. */
export interface BrokerSettings {
  /**
   * Where the broker is; several URLs, as a list or with `;` between, are tried in turn. `null`: the
   * embedded broker, `sqlite:///.q/q.db`. Default `null`.
   */
  readonly brokerUrl: string | readonly string[] | null;
  /** Broker to consume from. `null`: `brokerUrl`. Default `null`. */
  readonly brokerReadUrl: string | readonly string[] | null;
  /** Broker to publish to. `null`: `brokerUrl`. Default `null`. */
  readonly brokerWriteUrl: string | readonly string[] | null;
  /**
   * Order in which several URLs are tried: `round-robin`, `shuffle`, or a generator function. `null`:
   * `round-robin`. Default `null`.
   */
  readonly brokerFailoverStrategy:
    "round-robin" | "shuffle" | ((urls: readonly string[]) => Iterable<string>) | null;
  /** Seconds between heartbeats on AMQP connections; 0 or `null` switches them off. Default `120`. */
  readonly brokerHeartbeat: number | null;
  /** Checks per heartbeat interval. Default `3`. */
  readonly brokerHeartbeatCheckrate: number;
  /** TLS to the broker: on or off, or its options. Default `false`. */
  readonly brokerUseSsl: boolean | Readonly<Record<string, unknown>>;
  /** Most connections of a pool; 0 or `null`: no pool. Default `10`. */
  readonly brokerPoolLimit: number | null;
  /** Seconds to wait for a free connection of the pool. `null`: no limit. Default `null`. */
  readonly brokerPoolAcquireTimeout: number | null;
  /** Seconds that one attempt to connect may take. Default `4`. */
  readonly brokerConnectionTimeout: number;
  /** Reconnect after loss. Default `true`. */
  readonly brokerConnectionRetry: boolean;
  /** Whether the first connection is tried again. `null`: as `brokerConnectionRetry`. Default `null`. */
  readonly brokerConnectionRetryOnStartup: boolean | null;
  /** Attempts to connect before giving up; `null`: no limit. Default `100`. */
  readonly brokerConnectionMaxRetries: number | null;
  /** Reconnect after invalid broker replies. Default `false`. */
  readonly brokerChannelErrorRetry: boolean;
  /** AMQP auth mechanism. Default `null`. */
  readonly brokerLoginMethod: string | null;
  /** Queue type of delay levels. Default `"quorum"`. */
  readonly brokerNativeDelayedDeliveryQueueType: "classic" | "quorum";
  /** Old way to name the transport. Default `null`. */
  readonly brokerTransport: string | null;
  /** Options of the transport under Celery's names, such as `visibility_timeout`. Default `{}`. */
  readonly brokerTransportOptions: Readonly<Record<string, unknown>>;
  /** Legacy part of broker_url. Default `null`. */
  readonly brokerHost: string | null;
  /** Legacy part of broker_url. Default `null`. */
  readonly brokerPort: number | null;
  /** Legacy part of broker_url. Default `null`. */
  readonly brokerUser: string | null;
  /** Legacy part of broker_url. Default `null`. */
  readonly brokerPassword: string | null;
  /** Legacy part of broker_url. Default `null`. */
  readonly brokerVhost: string | null;
  /** Default of the transport options of the same name, seconds. Default `null`. */
  readonly visibilityTimeout: number | null;
}
