import type { CallOptions } from "@q/core";
import type { ArgumentsCamelCase, InferredOptionTypes } from "yargs";
import { UsageError } from "../errors.ts";
import type { GlobalArguments } from "../global-options.ts";
import type { Io } from "../io.ts";
import { openApp } from "../open-app.ts";

/** Options of `q call`. */
export const callOptions = {
  args: { alias: "a", type: "string", describe: "positional arguments, a JSON array" },
  kwargs: { alias: "k", type: "string", describe: "keyword arguments, a JSON object" },
  eta: { type: "string", describe: "run at this time, ISO 8601" },
  countdown: { type: "number", describe: "run in so many seconds" },
  expires: { type: "string", describe: "do not run after so many seconds, or this time" },
  serializer: { type: "string", describe: "serializer of the message" },
  queue: { type: "string", describe: "queue to send to" },
  exchange: { type: "string", describe: "exchange to send to" },
  "routing-key": { type: "string", describe: "routing key" },
  priority: { type: "number", describe: "priority, 0 to 255" },
  json: { alias: "j", type: "boolean", describe: "print JSON" },
} as const;

/** The options of `q call`, parsed. */
export type CallArguments = GlobalArguments & ArgumentsCamelCase<InferredOptionTypes<typeof callOptions>>;

/** Sends a task and prints its id. */
export async function runCall(args: CallArguments & { name: string }, io: Io): Promise<number> {
  await using app = await openApp(args, io);
  const positional = parse(args.args, "--args");
  const kwargs = parse(args.kwargs, "--kwargs");
  if (positional !== undefined && !Array.isArray(positional))
    throw new UsageError("--args must be a JSON array, such as '[2, 2]'");
  if (kwargs !== undefined && (typeof kwargs !== "object" || kwargs === null || Array.isArray(kwargs))) {
    throw new UsageError(`--kwargs must be a JSON object, such as '{"x": 2}'`);
  }
  const result = await app.sendTask(args.name, (positional as unknown[] | undefined) ?? [], {
    ...sendOptions(args),
    ...(kwargs !== undefined && { kwargs: kwargs as Readonly<Record<string, unknown>> }),
  });
  io.out(args.json === true ? JSON.stringify({ id: result.id }) : result.id);
  return 0;
}

function sendOptions(args: CallArguments): CallOptions {
  const seconds = Number(args.expires);
  const expires = args.expires === undefined ? undefined : Number.isNaN(seconds) ? args.expires : seconds;
  return {
    ...(args.eta !== undefined && { eta: args.eta }),
    ...(args.countdown !== undefined && { countdown: args.countdown }),
    ...(expires !== undefined && { expires }),
    ...(args.serializer !== undefined && { serializer: args.serializer }),
    ...(args.queue !== undefined && { queue: args.queue }),
    ...(args.exchange !== undefined && { exchange: args.exchange }),
    ...(args.routingKey !== undefined && { routingKey: args.routingKey }),
    ...(args.priority !== undefined && { priority: args.priority }),
  };
}

function parse(text: string | undefined, option: string): unknown {
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw new UsageError(`${option} is not JSON: ${(error as Error).message}`, { cause: error });
  }
}
