import { didYouMean, ImproperlyConfiguredError } from "@q/kernel";
import { z } from "zod";
import { isForeignOption } from "../foreign-options.ts";
import { amqpDefaults as defaults, type AmqpOptions } from "./amqp-options.ts";

const seconds = z.coerce.number().positive();
const retries = z.number().nonnegative();

const schema = z.strictObject({
  confirmPublish: z.boolean().default(defaults.confirmPublish),
  connectTimeout: seconds.exactOptional(),
  readTimeout: seconds.exactOptional(),
  writeTimeout: seconds.exactOptional(),
  clientProperties: z.record(z.string(), z.unknown()).default(defaults.clientProperties),
  loginMethod: z
    .string()
    .transform((name) => name.toUpperCase())
    .pipe(z.enum(["PLAIN", "AMQPLAIN", "EXTERNAL"]))
    .default(defaults.loginMethod),
  frameMax: z.number().int().min(4096).exactOptional(),
  channelMax: z.number().int().min(1).max(65_535).exactOptional(),
  maxUnconfirmed: z.number().int().min(1).default(defaults.maxUnconfirmed),
  // The connection's retry policy: read by the layer above, listed here so that it is no unknown option.
  maxRetries: retries.nullable().exactOptional(),
  intervalStart: retries.exactOptional(),
  intervalStep: retries.exactOptional(),
  intervalMax: retries.exactOptional(),
});

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
