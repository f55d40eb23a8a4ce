/** `broker_transport_options` of RabbitMQ; every key may also be written in Celery's snake_case. */
export interface AmqpOptions {
  /** A publish settles when the broker has confirmed it. Default true; false is faster and may lose messages. */
  readonly confirmPublish: boolean;
  /** Seconds to wait for a connection; default the setting `broker_connection_timeout`. */
  readonly connectTimeout?: number;
  /** Seconds to wait for the broker's answer to a request; default no limit besides the heartbeat. */
  readonly readTimeout?: number;
  /** Seconds that a message may wait to be written while the broker takes none; default no limit. */
  readonly writeTimeout?: number;
  /** Shown by the broker's management beside our own; default none. */
  readonly clientProperties: Readonly<Record<string, unknown>>;
  /** Default PLAIN. EXTERNAL takes the user from the TLS certificate. */
  readonly loginMethod: "PLAIN" | "AMQPLAIN" | "EXTERNAL";
  /** Largest frame in bytes that we offer; default 131072. */
  readonly frameMax?: number;
  /** Most channels that we offer to open; default the broker's limit. */
  readonly channelMax?: number;
  /** Messages written and not yet confirmed, per channel; further ones wait. Default 10000. */
  readonly maxUnconfirmed: number;
  /** Retry policy of connecting, seconds; used by the connection. */
  readonly maxRetries?: number | null;
  readonly intervalStart?: number;
  readonly intervalStep?: number;
  readonly intervalMax?: number;
}

/** What holds when nothing is said. */
export const amqpDefaults: AmqpOptions = {
  confirmPublish: true,
  clientProperties: {},
  loginMethod: "PLAIN",
  maxUnconfirmed: 10_000,
};

/**
 * Reads `broker_transport_options`; those of other transports are passed over. The library that checks them is large:
 * it is loaded when there is something to check.
 *
 * @throws {ImproperlyConfiguredError} that names the option, and for an unknown one the nearest known
 */
export async function readAmqpOptions(given: Readonly<Record<string, unknown>>): Promise<AmqpOptions> {
  if (Object.keys(given).length === 0) return amqpDefaults;
  const { parseAmqpOptions } = await import("./amqp-option-schema.ts");
  return parseAmqpOptions(given);
}
