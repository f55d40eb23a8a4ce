import { didYouMean, ImproperlyConfiguredError, type RetryPolicy } from "@q/kernel";
import { camelCase } from "@q/messaging/internal/redis";
import { z } from "zod";
import { redisResultDefaults as defaults, type RedisResultOptions } from "./redis-options.ts";

const transportSchema = z.strictObject({
  globalKeyprefix: z.string().default(defaults.globalKeyprefix),
  masterName: z.string().nullish(),
  sentinelKwargs: z.record(z.string(), z.unknown()).nullish(),
  clientName: z.string().nullish(),
  resultChordOrdered: z.boolean().default(defaults.resultChordOrdered),
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

const policySchema = z.object({
  maxRetries: z.number().min(0).nullish(),
  intervalStart: z.number().min(0).default(0),
  intervalStep: z.number().min(0).default(1),
  intervalMax: z.number().min(0).default(1),
});

/** @throws {ImproperlyConfiguredError} naming the option that is unknown or wrong */
export function parseRedisResultOptions(given: Readonly<Record<string, unknown>>): RedisResultOptions {
  const known: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(given)) {
    const key = camelCase(name);
    if (Object.hasOwn(transportSchema.shape, key)) known[key] = value;
    else if (!withoutMeaning.includes(key) && !key.startsWith("socket")) throw unknownOption(name);
  }
  const { retryPolicy, ...options } = parse(transportSchema, known, "result_backend_transport_options");
  return { ...options, ...(retryPolicy && { retryPolicy: parsePolicy(retryPolicy) }) };
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
