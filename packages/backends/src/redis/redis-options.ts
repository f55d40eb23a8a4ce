import { didYouMean, ImproperlyConfiguredError, type RetryPolicy } from "@q/kernel";
import {
  camelCase,
  type CredentialProvider,
  parseRedisOptions,
  type RedisAddress,
  redisAddress,
  type RedisSocketOptions,
} from "@q/messaging/internal/redis";
import { z } from "zod";
import type { BackendContext } from "../contracts.ts";
import { alwaysRetryDelays, policyDelays, type RetryDelays } from "../retries.ts";

/** What `result_backend_transport_options` may hold; times in seconds. */
const transportSchema = z.strictObject({
  globalKeyprefix: z.string().default(""),
  masterName: z.string().nullish(),
  sentinelKwargs: z.record(z.string(), z.unknown()).nullish(),
  clientName: z.string().nullish(),
  resultChordOrdered: z.boolean().default(true),
  retryPolicy: z.record(z.string(), z.unknown()).nullish(),
});

/** Options of Celery that need nothing from us here. */
const withoutMeaning = [
  "visibilityTimeout",
  "maxConnections",
  "minOtherSentinels",
  "connectionClass",
  "socketReadSize",
];

const settingsSchema = z.object({
  redisSocketTimeout: z.number().positive().nullish(),
  redisSocketConnectTimeout: z.number().positive().nullish(),
  redisSocketKeepalive: z.boolean().nullish(),
  redisRetryOnTimeout: z.boolean().nullish(),
  redisBackendHealthCheckInterval: z.number().positive().nullish(),
  redisBackendUseSsl: z.union([z.boolean(), z.record(z.string(), z.unknown())]).nullish(),
  redisBackendCredentialProvider: z
    .custom<CredentialProvider>((value) => typeof value === "function")
    .nullish(),
  redisClientName: z.string().nullish(),
  redisHost: z.string().nullish(),
  redisPort: z.number().nullish(),
  redisDb: z.union([z.number(), z.string()]).nullish(),
  redisUsername: z.string().nullish(),
  redisPassword: z.string().nullish(),
});

const policySchema = z.object({
  maxRetries: z.number().min(0).nullish(),
  intervalStart: z.number().min(0).default(0),
  intervalStep: z.number().min(0).default(1),
  intervalMax: z.number().min(0).default(1),
});

/** A few quick retries, 1.5 s in all: enough for a restart, short enough for a caller to wait. */
const quickPolicy: RetryPolicy = { maxRetries: 5, intervalStart: 0.05, intervalStep: 0.125, intervalMax: 1 };
/** Who waits for results already has time: about twenty seconds, as Celery gives its result consumer. */
const patientPolicy: RetryPolicy = { maxRetries: 20, intervalStart: 0.05, intervalStep: 0.3, intervalMax: 1 };

/** Everything the Redis backend needs to know, complete. */
export interface RedisBackendOptions {
  readonly address: RedisAddress;
  readonly socket: RedisSocketOptions;
  readonly credentialProvider: CredentialProvider | undefined;
  readonly globalKeyprefix: string;
  /** Seconds; 0 keeps results for ever. */
  /** Members of a chord are kept by their place; otherwise in the order in which they end. All peers must agree. */
  readonly isChordOrdered: boolean;
  readonly ttlSeconds: number;
  readonly healthCheckMs: number;
  /** A server that gives no answer in time is asked again. */
  readonly retriesTimeouts: boolean;
  /** Retries of storing and reading. */
  readonly delays: RetryDelays;
  /** Retries of connecting anew for those who wait. */
  readonly watchDelays: RetryDelays;
}

/**
 * Reads URL, settings and transport options.
 *
 * @throws {ImproperlyConfiguredError} naming the option that is unknown or wrong
 */
export function parseRedisBackendOptions(context: BackendContext): RedisBackendOptions {
  const given = parseTransportOptions(context.transportOptions);
  const settings = parse(settingsSchema, context.settings, "the settings of the Redis result backend");
  const policy = given.retryPolicy ? parsePolicy(given.retryPolicy) : undefined;
  const always = alwaysRetryDelays(context.settings);
  const timeoutMs = (settings.redisSocketTimeout ?? 120) * 1000;
  const { masterName, sentinelKwargs } = given;
  const { options } = parseRedisOptions({ masterName, sentinelKwargs });
  const { url } = context;
  const address = redisAddress(url, settings.redisBackendUseSsl ?? false, options);
  return {
    address: {
      ...address,
      host: url.hostname ?? settings.redisHost ?? address.host,
      port: url.port ?? settings.redisPort ?? address.port,
      database:
        url.virtualHost === undefined && settings.redisDb ? Number(settings.redisDb) : address.database,
      username: address.username ?? settings.redisUsername ?? undefined,
      password: address.password ?? settings.redisPassword ?? undefined,
    },
    socket: {
      connectTimeoutMs: Math.min((settings.redisSocketConnectTimeout ?? 5) * 1000, timeoutMs),
      replyTimeoutMs: timeoutMs,
      keepAlive: settings.redisSocketKeepalive ?? false,
      // The server refuses names with blanks.
      name: (settings.redisClientName ?? given.clientName ?? "q-results").replace(/[^\x21-\x7e]/g, "-"),
    },
    credentialProvider: settings.redisBackendCredentialProvider ?? undefined,
    globalKeyprefix: given.globalKeyprefix,
    isChordOrdered: given.resultChordOrdered,
    ttlSeconds: Math.max(0, Math.ceil(context.expiresSeconds ?? 0)),
    healthCheckMs: (settings.redisBackendHealthCheckInterval ?? 25) * 1000,
    retriesTimeouts: settings.redisRetryOnTimeout ?? false,
    delays: always ?? policyDelays(policy ?? quickPolicy),
    watchDelays: always ?? policyDelays(policy ?? patientPolicy),
  };
}

function parseTransportOptions(given: Readonly<Record<string, unknown>>): z.infer<typeof transportSchema> {
  const known: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(given)) {
    const key = camelCase(name);
    if (Object.hasOwn(transportSchema.shape, key)) known[key] = value;
    else if (!withoutMeaning.includes(key) && !key.startsWith("socket")) throw unknownOption(name);
  }
  return parse(transportSchema, known, "result_backend_transport_options");
}

function parsePolicy(given: Readonly<Record<string, unknown>>): RetryPolicy {
  const entries = Object.entries(given).map(([name, value]) => [camelCase(name), value] as const);
  const { maxRetries, ...intervals } = parse(
    policySchema,
    Object.fromEntries(entries),
    "retry_policy in result_backend_transport_options",
  );
  return { ...intervals, maxRetries: maxRetries ?? null };
}

function parse<TSchema extends z.ZodType>(schema: TSchema, value: unknown, what: string): z.infer<TSchema> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const list = result.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`).join("; ");
  throw new ImproperlyConfiguredError(`${what} are not valid: ${list}. Correct them.`, {
    cause: result.error,
  });
}

function unknownOption(name: string): ImproperlyConfiguredError {
  const nearest = didYouMean(camelCase(name), [...Object.keys(transportSchema.shape), ...withoutMeaning]);
  return new ImproperlyConfiguredError(
    `the Redis result backend has no option "${name}".${nearest} Correct it in result_backend_transport_options, or leave it out.`,
  );
}
