import { defaultPrioritySteps } from "../virtual/priority.ts";

/** Returns the credentials of a new connection; called once for each. */
export type CredentialProvider = () =>
  | { readonly username?: string; readonly password: string }
  | Promise<{ readonly username?: string; readonly password: string }>;

/**
 * `broker_transport_options` of the Redis transport, under Celery's names in camelCase or snake_case. Times are in
 * seconds, as in Celery. All programs that share a broker must agree on the names of keys, the steps and the timeout.
 */
export interface RedisTransportOptions {
  /** Seconds until an unsettled message of a dead consumer goes back to its queue. Default 3600. */
  readonly visibilityTimeout?: number;
  /** Priorities that have a list of their own. Default `[0, 3, 6, 9]`. */
  readonly prioritySteps?: readonly number[];
  readonly sep?: string;
  /** Default `round_robin`; `priority` empties queues in the order given, `sorted` in alphabetical order. */
  readonly queueOrderStrategy?: "round_robin" | "priority" | "sorted";
  /** Put before every key and channel. Default "". */
  readonly globalKeyprefix?: string;
  readonly unackedKey?: string;
  readonly unackedIndexKey?: string;
  readonly unackedMutexKey?: string;
  /** Most messages that one sweep gives back. Default: no limit. */
  readonly unackedRestoreLimit?: number;
  /** Seconds between two looks for messages of dead consumers. Default 10, and never above a quarter of the timeout. */
  readonly unackedRestoreInterval?: number;
  /** `false` takes messages off for good: what a consumer holds when it dies is lost. Default true. */
  readonly ackEmulation?: boolean;
  readonly fanoutPrefix?: boolean | string;
  readonly fanoutPatterns?: boolean;
  /** Seconds without a reply after which a connection counts as lost. Default 5. */
  readonly socketTimeout?: number;
  /** Seconds to connect. Default: what the connection was given. */
  readonly socketConnectTimeout?: number;
  /** Default true. */
  readonly socketKeepalive?: boolean;
  /** Seconds between two pings of a connection that is idle. Default 25. */
  readonly healthCheckInterval?: number;
  /** Seconds between two polls where the server cannot tell us of new messages. Default: 1 ms to 100 ms, adaptive. */
  readonly pollingInterval?: number;
  readonly clientName?: string;
  /** Queue for messages that no binding wants. Default: they are dropped, as in AMQP. */
  readonly deadletterQueue?: string;
  /** How bodies are written; `null` or `utf-8` writes text as it is. Default `base64`. */
  readonly bodyEncoding?: "base64" | "utf-8" | null;
  /** Name of the master that the sentinels watch. */
  readonly masterName?: string;
  /** Login and TLS of the sentinels themselves: `username`, `password`, `ssl`. */
  readonly sentinelKwargs?: Readonly<Record<string, unknown>>;
  readonly credentialProvider?: CredentialProvider;
}

/** Options with their defaults; what may be absent depends on the connection. */
export interface ParsedRedisOptions {
  readonly visibilityTimeout: number;
  readonly prioritySteps: readonly number[];
  readonly sep: string;
  readonly queueOrderStrategy: "round_robin" | "priority" | "sorted";
  readonly globalKeyprefix: string;
  readonly unackedKey: string;
  readonly unackedIndexKey: string;
  readonly unackedMutexKey: string;
  readonly unackedRestoreLimit?: number | null | undefined;
  readonly unackedRestoreInterval: number;
  readonly ackEmulation: boolean;
  readonly fanoutPrefix: boolean | string;
  readonly fanoutPatterns: boolean;
  readonly socketTimeout: number;
  readonly socketConnectTimeout?: number | null | undefined;
  readonly socketKeepalive: boolean;
  readonly healthCheckInterval: number;
  readonly pollingInterval?: number | null | undefined;
  readonly clientName?: string | null | undefined;
  readonly deadletterQueue?: string | null | undefined;
  readonly bodyEncoding: "base64" | "utf-8" | null;
  readonly masterName?: string | null | undefined;
  readonly sentinelKwargs: Readonly<Record<string, unknown>>;
  readonly credentialProvider?: CredentialProvider | null | undefined;
}

/** What holds when nothing is said. */
export const redisDefaults: ParsedRedisOptions = {
  visibilityTimeout: 3600,
  prioritySteps: defaultPrioritySteps,
  sep: "\x06\x16",
  queueOrderStrategy: "round_robin",
  globalKeyprefix: "",
  unackedKey: "unacked",
  unackedIndexKey: "unacked_index",
  unackedMutexKey: "unacked_mutex",
  unackedRestoreInterval: 10,
  ackEmulation: true,
  fanoutPrefix: true,
  fanoutPatterns: true,
  socketTimeout: 5,
  socketKeepalive: true,
  healthCheckInterval: 25,
  bodyEncoding: "base64",
  sentinelKwargs: {},
};

/** What {@link readRedisOptions} found. */
export interface RedisOptionsResult {
  readonly options: ParsedRedisOptions;
  /** Options of kombu that have no effect here, with the reason. */
  readonly ignored: readonly { readonly option: string; readonly reason: string }[];
}

/**
 * Reads `broker_transport_options`. The library that checks them is as large as the driver: it is loaded when there is
 * something to check.
 *
 * @throws {ImproperlyConfiguredError} naming the option, and for an unknown one its nearest neighbour
 */
export async function readRedisOptions(
  given: Readonly<Record<string, unknown>>,
): Promise<RedisOptionsResult> {
  if (Object.keys(given).length === 0) return { options: redisDefaults, ignored: [] };
  const { parseRedisOptions } = await import("./redis-option-schema.ts");
  return parseRedisOptions(given);
}

/** `visibility_timeout` as `visibilityTimeout`. */
export function camelCase(name: string): string {
  return name.replace(/_([a-z])/g, (_match, letter: string) => letter.toUpperCase());
}
