import type { RetryPolicy } from "@q/kernel";
import {
  type CredentialProvider,
  readRedisOptions,
  type RedisAddress,
  redisAddress,
  type RedisSocketOptions,
} from "@q/messaging/internal/redis";
import type { BackendContext } from "../contracts.ts";
import { alwaysRetryDelays, patientPolicy, policyDelays, quickPolicy, type RetryDelays } from "../retries.ts";

/** Settings of the app that concern this backend; the app has checked them. */
interface RedisSettings {
  readonly redisSocketTimeout?: number | null;
  readonly redisSocketConnectTimeout?: number | null;
  readonly redisSocketKeepalive?: boolean | null;
  readonly redisRetryOnTimeout?: boolean | null;
  readonly redisBackendHealthCheckInterval?: number | null;
  readonly redisBackendUseSsl?: boolean | Readonly<Record<string, unknown>> | null;
  readonly redisBackendCredentialProvider?: CredentialProvider | null;
  readonly redisClientName?: string | null;
  readonly redisHost?: string | null;
  readonly redisPort?: number | null;
  readonly redisDb?: number | null;
  readonly redisUsername?: string | null;
  readonly redisPassword?: string | null;
}

/** `result_backend_transport_options`; times in seconds. */
export interface RedisResultOptions {
  readonly globalKeyprefix: string;
  readonly masterName?: string | null | undefined;
  readonly sentinelKwargs?: Readonly<Record<string, unknown>> | null | undefined;
  readonly clientName?: string | null | undefined;
  readonly resultChordOrdered: boolean;
  readonly retryPolicy?: RetryPolicy | undefined;
}

/** What holds when nothing is said. */
export const redisResultDefaults: RedisResultOptions = { globalKeyprefix: "", resultChordOrdered: true };

/** Everything the Redis backend needs to know, complete. */
export interface RedisBackendOptions {
  readonly address: RedisAddress;
  readonly socket: RedisSocketOptions;
  readonly credentialProvider: CredentialProvider | undefined;
  readonly globalKeyprefix: string;
  /** Members of a chord are kept by their place; otherwise in the order in which they end. All peers must agree. */
  readonly isChordOrdered: boolean;
  /** Seconds; 0 keeps results for ever. */
  readonly ttlSeconds: number;
  readonly healthCheckMs: number;
  /** A server that gives no answer in time is asked again. */
  readonly retriesTimeouts: boolean;
  /** Retries of what a caller waits for. */
  readonly delays: RetryDelays;
  /** Retries of storing what a task has come to, and of connecting anew for those who wait for results. */
  readonly patientDelays: RetryDelays;
}

/**
 * Reads URL, settings and transport options.
 *
 * @throws {ImproperlyConfiguredError} naming the option that is unknown or wrong
 */
export async function readRedisBackendOptions(context: BackendContext): Promise<RedisBackendOptions> {
  const given = await readTransportOptions(context.transportOptions);
  const settings = context.settings as RedisSettings;
  const always = alwaysRetryDelays(context.settings);
  const timeoutMs = (settings.redisSocketTimeout ?? 120) * 1000;
  const { options } = await readRedisOptions(sentinelOptions(given));
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
    delays: always ?? policyDelays(given.retryPolicy ?? quickPolicy),
    patientDelays: always ?? policyDelays(given.retryPolicy ?? patientPolicy),
  };
}

/** The library that checks options is large: it is loaded when there is something to check. */
async function readTransportOptions(given: Readonly<Record<string, unknown>>): Promise<RedisResultOptions> {
  if (Object.keys(given).length === 0) return redisResultDefaults;
  const { parseRedisResultOptions } = await import("./redis-option-schema.ts");
  return parseRedisResultOptions(given);
}

function sentinelOptions({ masterName, sentinelKwargs }: RedisResultOptions): Record<string, unknown> {
  return { ...(masterName && { masterName }), ...(sentinelKwargs && { sentinelKwargs }) };
}
