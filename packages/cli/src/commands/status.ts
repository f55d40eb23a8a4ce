import type { ArgumentsCamelCase, InferredOptionTypes } from "yargs";
import { EXIT } from "../errors.ts";
import type { GlobalArguments } from "../global-options.ts";
import type { Io } from "../io.ts";
import { openApp } from "../open-app.ts";
import { printMissing, printNodeCount, printReply } from "../output/replies.ts";
import { destinations, type remoteOptions } from "./remote-options.ts";

/** The options of `q status`, parsed. */
export type StatusArguments = GlobalArguments & ArgumentsCamelCase<InferredOptionTypes<typeof remoteOptions>>;

/** Lists the workers that answer; exit code 69 when none does. */
export async function runStatus(args: StatusArguments, io: Io): Promise<number> {
  await using app = await openApp(args, io);
  const { json = false, quiet = false, noColor = false } = args;
  const destination = destinations(args.destination);
  const style = { color: io.color && !noColor, quiet, body: false };
  const replies = await app.control.ping({
    destination,
    timeout: args.timeout ?? 1,
    ...(!json && { callback: (reply) => printReply(io, reply, style) }),
  });
  if (replies.length === 0) {
    io.err("Error: No nodes replied within time constraint");
    return EXIT.unavailable;
  }
  if (json) io.out(JSON.stringify(Object.assign({}, ...replies)));
  if (!quiet) printNodeCount(json ? { ...io, out: io.err } : io, replies.length);
  printMissing(io, replies, destination);
  return EXIT.ok;
}
