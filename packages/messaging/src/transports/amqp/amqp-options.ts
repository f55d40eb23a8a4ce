import { didYouMean, ImproperlyConfiguredError } from "@q/kernel";
import { z } from "zod";
import { isForeignOption } from "../foreign-options.ts";

const seconds = z.coerce.number().positive();
const retries = z.number().nonnegative();

const schema = z.strictObject({
  confirmPublish: z.boolean().default(true),
  connectTimeout: seconds.exactOptional(),
  readTimeout: seconds.exactOptional(),
  writeTimeout: seconds.exactOptional(),
  clientProperties: z.record(z.string(), z.unknown()).default({}),
  loginMethod: z
    .string()
    .transform((name) => name.toUpperCase())
    .pipe(z.enum(["PLAIN", "AMQPLAIN", "EXTERNAL"]))
    .default("PLAIN"),
  frameMax: z.number().int().min(4096).exactOptional(),
  channelMax: z.number().int().min(1).max(65_535).exactOptional(),
  maxUnconfirmed: z.number().int().min(1).default(10_000),
  // The connection's retry policy: read by the layer above, listed here so that it is no unknown option.
  maxRetries: retries.nullable().exactOptional(),
  intervalStart: retries.exactOptional(),
  intervalStep: retries.exactOptional(),
  intervalMax: retries.exactOptional(),
});

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

const camelCase = (name: string): string =>
  name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());

/** Passes over options of other transports. @throws {ImproperlyConfiguredError} that names the option, and for an unknown one the nearest known. */
export function parseAmqpOptions(given: Readonly<Record<string, unknown>>): AmqpOptions {
  const known = Object.keys(schema.shape);
  const entries: [string, unknown][] = [];
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined) continue;
    if (known.includes(camelCase(name))) {
      entries.push([name, value]);
      continue;
    }
    if (isForeignOption(camelCase(name))) continue;
    const hint = didYouMean(camelCase(name), known);
    throw new ImproperlyConfiguredError(`broker_transport_options has no "${name}" for RabbitMQ.${hint}`);
  }
  const parsed = schema.safeParse(
    Object.fromEntries(entries.map(([name, value]) => [camelCase(name), value])),
  );
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const text = `broker_transport_options: "${issue?.path.join(".")}" is not valid: ${issue?.message}.`;
  throw new ImproperlyConfiguredError(text, { cause: parsed.error });
}
