import { didYouMean, ImproperlyConfiguredError } from "@q/kernel";
import { z } from "zod";
import { isForeignOption } from "../foreign-options.ts";
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

const seconds = z.number().positive();

const schema = z.strictObject({
  visibilityTimeout: seconds.default(3600),
  prioritySteps: z
    .array(z.number().int().min(0).max(9))
    .min(1)
    .default([...defaultPrioritySteps]),
  sep: z.string().min(1).default("\x06\x16"),
  queueOrderStrategy: z.enum(["round_robin", "priority", "sorted"]).default("round_robin"),
  globalKeyprefix: z.string().default(""),
  unackedKey: z.string().min(1).default("unacked"),
  unackedIndexKey: z.string().min(1).default("unacked_index"),
  unackedMutexKey: z.string().min(1).default("unacked_mutex"),
  unackedRestoreLimit: z.number().int().positive().nullish(),
  unackedRestoreInterval: seconds.default(10),
  ackEmulation: z.boolean().default(true),
  fanoutPrefix: z.union([z.boolean(), z.string()]).default(true),
  fanoutPatterns: z.boolean().default(true),
  socketTimeout: seconds.nullish().transform((value) => value ?? 5),
  socketConnectTimeout: seconds.nullish(),
  socketKeepalive: z
    .boolean()
    .nullish()
    .transform((value) => value ?? true),
  healthCheckInterval: seconds.nullish().transform((value) => value ?? 25),
  pollingInterval: seconds.nullish(),
  clientName: z.string().nullish(),
  deadletterQueue: z.string().nullish(),
  bodyEncoding: z.enum(["base64", "utf-8"]).nullable().default("base64"),
  masterName: z.string().nullish(),
  sentinelKwargs: z
    .record(z.string(), z.unknown())
    .nullish()
    .transform((value) => value ?? {}),
  credentialProvider: z.custom<CredentialProvider>((value) => typeof value === "function").nullish(),
});

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

/** Options of kombu that need nothing from us, with the reason. */
const withoutMeaning: Readonly<Record<string, string>> = {
  maxConnections: "a connection of ours uses three sockets, whatever the load",
  retryOnTimeout: "a command without a reply is settled as unknown and the connection is made anew",
  socketKeepaliveOptions: "the system's keepalive settings are used",
  unackedRestoreThrottle: "every look for messages of dead consumers is cheap",
  unackedMutexExpire: "messages are given back in one step, so that no lock is held",
  brpopTimeout: "consumers do not block on the server",
  minOtherSentinels: "the first sentinel that knows the master is believed",
  socketReadSize: "the driver sizes its own buffers",
  connectRetriesTimeout: "the connection's own retry policy holds",
  maxRetries: "the connection's own retry policy holds",
  intervalStart: "the connection's own retry policy holds",
  intervalStep: "the connection's own retry policy holds",
  intervalMax: "the connection's own retry policy holds",
  retryPolicy: "the connection's own retry policy holds",
  errback: "the connection's own retry policy holds",
  callback: "the connection's own retry policy holds",
  polling: "consumers do not poll",
};

/** What {@link parseRedisOptions} found. */
export interface RedisOptionsResult {
  readonly options: ParsedRedisOptions;
  /** Options of kombu that have no effect here, with the reason. */
  readonly ignored: readonly { readonly option: string; readonly reason: string }[];
}

/**
 * Reads `broker_transport_options`.
 *
 * @throws {ImproperlyConfiguredError} naming the option, and for an unknown one its nearest neighbour
 */
export function parseRedisOptions(given: Readonly<Record<string, unknown>>): RedisOptionsResult {
  const known = new Map<string, unknown>();
  const ignored: { option: string; reason: string }[] = [];
  for (const [name, value] of Object.entries(given)) {
    const key = camelCase(name);
    const reason = Object.hasOwn(withoutMeaning, key) ? withoutMeaning[key] : undefined;
    if (reason !== undefined) ignored.push({ option: name, reason });
    else if (Object.hasOwn(schema.shape, key)) known.set(key, value);
    else if (isForeignOption(key)) ignored.push({ option: name, reason: "it is one of another transport" });
    else throw unknownOption(name);
  }
  const result = schema.safeParse(Object.fromEntries(known));
  if (!result.success) throw invalidOption(result.error);
  return {
    options: { ...result.data, prioritySteps: result.data.prioritySteps.toSorted((a, b) => a - b) },
    ignored,
  };
}

/** `visibility_timeout` as `visibilityTimeout`. */
export function camelCase(name: string): string {
  return name.replace(/_([a-z])/g, (_match, letter: string) => letter.toUpperCase());
}

function unknownOption(name: string): ImproperlyConfiguredError {
  const names = [...Object.keys(schema.shape), ...Object.keys(withoutMeaning)];
  const nearest = didYouMean(camelCase(name), names);
  return new ImproperlyConfiguredError(
    `the Redis transport has no option "${name}".${nearest} Correct it in broker_transport_options, or leave it out.`,
  );
}

function invalidOption(error: z.ZodError): ImproperlyConfiguredError {
  const list = error.issues
    .map((issue) => `${issue.path.join(".") || "options"}: ${issue.message}`)
    .join("; ");
  return new ImproperlyConfiguredError(
    `broker_transport_options are not valid for the Redis transport: ${list}. Correct them.`,
    { cause: error },
  );
}
