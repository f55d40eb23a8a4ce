import { didYouMean, ImproperlyConfiguredError } from "@q/kernel";
import { z } from "zod";
import { isForeignOption } from "../foreign-options.ts";
import {
  camelCase,
  type CredentialProvider,
  redisDefaults as defaults,
  type RedisOptionsResult,
} from "./redis-options.ts";

const seconds = z.number().positive();

const schema = z.strictObject({
  visibilityTimeout: seconds.default(defaults.visibilityTimeout),
  prioritySteps: z
    .array(z.number().int().min(0).max(9))
    .min(1)
    .default([...defaults.prioritySteps]),
  sep: z.string().min(1).default(defaults.sep),
  queueOrderStrategy: z.enum(["round_robin", "priority", "sorted"]).default(defaults.queueOrderStrategy),
  globalKeyprefix: z.string().default(defaults.globalKeyprefix),
  unackedKey: z.string().min(1).default(defaults.unackedKey),
  unackedIndexKey: z.string().min(1).default(defaults.unackedIndexKey),
  unackedMutexKey: z.string().min(1).default(defaults.unackedMutexKey),
  unackedRestoreLimit: z.number().int().positive().nullish(),
  unackedRestoreInterval: seconds.default(defaults.unackedRestoreInterval),
  ackEmulation: z.boolean().default(defaults.ackEmulation),
  fanoutPrefix: z.union([z.boolean(), z.string()]).default(defaults.fanoutPrefix),
  fanoutPatterns: z.boolean().default(defaults.fanoutPatterns),
  socketTimeout: seconds.nullish().transform((value) => value ?? defaults.socketTimeout),
  socketConnectTimeout: seconds.nullish(),
  socketKeepalive: z
    .boolean()
    .nullish()
    .transform((value) => value ?? defaults.socketKeepalive),
  healthCheckInterval: seconds.nullish().transform((value) => value ?? defaults.healthCheckInterval),
  pollingInterval: seconds.nullish(),
  clientName: z.string().nullish(),
  deadletterQueue: z.string().nullish(),
  bodyEncoding: z.enum(["base64", "utf-8"]).nullable().default(defaults.bodyEncoding),
  masterName: z.string().nullish(),
  sentinelKwargs: z
    .record(z.string(), z.unknown())
    .nullish()
    .transform((value) => value ?? defaults.sentinelKwargs),
  credentialProvider: z.custom<CredentialProvider>((value) => typeof value === "function").nullish(),
});

/** Options of kombu that need nothing from us, with the reason. */
const withoutMeaning: Readonly<Record<string, string>> = {
  maxConnections: "a connection of ours uses three sockets and one for each consumer, whatever the load",
  retryOnTimeout: "a command without a reply is settled as unknown and the connection is made anew",
  socketKeepaliveOptions: "the system's keepalive settings are used",
  unackedRestoreThrottle: "every look for messages of dead consumers is cheap",
  unackedMutexExpire: "messages are given back in one step, so that no lock is held",
  brpopTimeout: "consumers block on the server for two seconds at most",
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
