import type { App, CommandSpec } from "@q/core";
import { didYouMean } from "@q/kernel";
import type { ArgumentsCamelCase, InferredOptionTypes } from "yargs";
import { EXIT, UsageError } from "../errors.ts";
import type { GlobalArguments } from "../global-options.ts";
import type { Io } from "../io.ts";
import { importTasks } from "../load-app.ts";
import { openApp } from "../open-app.ts";
import { hasError, printMissing, printNodeCount, printReply } from "../output/replies.ts";
import { commandArguments } from "./command-arguments.ts";
import { destinations, type remoteOptions } from "./remote-options.ts";

/** Option of `q inspect` and `q control` only. */
export const listOption = { list: { type: "boolean", describe: "list the commands" } } as const;

/** The options of `q inspect` and `q control`, parsed. */
export type RemoteCommandArguments = GlobalArguments &
  ArgumentsCamelCase<InferredOptionTypes<typeof remoteOptions & typeof listOption>>;

/** Which kind of commands. */
export type RemoteKind = "inspect" | "control";

/** Sends a command to the workers and prints their answers; exit code 69 when nobody answers, 1 when one has an error. */
export async function runRemoteCommand(
  kind: RemoteKind,
  args: RemoteCommandArguments,
  io: Io,
): Promise<number> {
  await using app = await openApp(args, io);
  await importTasks(app, process.cwd());
  if (args.list === true) {
    io.out(commandList(app, kind));
    return EXIT.ok;
  }
  const [name, ...texts] = args._.slice(1).map(String);
  const spec = findCommand(app, kind, name);
  const { json = false, quiet = false, noColor = false } = args;
  const style = { color: io.color && !noColor, quiet, body: true };
  const given = commandArguments(spec, texts);
  const destination = destinations(args.destination);
  const isRecorded = await recordRevocation(app, spec, given);
  const replies = await app.control.broadcast(spec.name, {
    arguments: given,
    destination,
    timeout: args.timeout ?? Math.max(1, spec.defaultTimeout ?? 1),
    reply: true,
    ...(!json && { callback: (reply) => printReply(io, reply, style) }),
  });
  if (replies.length === 0) return nobody(io, spec, isRecorded);
  if (json) io.out(JSON.stringify(kind === "inspect" ? Object.assign({}, ...replies) : replies));
  else if (kind === "inspect" && !quiet) printNodeCount(io, replies.length);
  printMissing(io, replies, destination);
  return hasError(replies) ? EXIT.failure : EXIT.ok;
}

/** Workers that are not there now must know of a revocation, too. True when they will. */
async function recordRevocation(
  app: App,
  spec: CommandSpec,
  args: Record<string, unknown>,
): Promise<boolean> {
  const { recordRevoked, stampTexts } = await import("@q/core/internal/control");
  if (spec.name === "revoke" || spec.name === "terminate")
    return recordRevoked(app, "id", args["task_id"] as string[]);
  if (spec.name === "revoke_by_stamped_headers")
    return recordRevoked(app, "stamp", stampTexts((args["headers"] as string[]).map(stampOf)));
  return false;
}

/** @throws {UsageError} unless it is `name=value` */
function stampOf(text: string): [name: string, value: string] {
  const [name = "", value] = text.split("=");
  if (name === "" || value === undefined)
    throw new UsageError(`"${text}" is no stamp: give a name and a value, as in tenant=42.`);
  return [name, value];
}

function nobody(io: Io, spec: CommandSpec, isRecorded: boolean): number {
  // Celery's workers do not answer these, and they were heard all the same.
  if (spec.name === "shutdown") return EXIT.ok;
  io.err("Error: No nodes replied within time constraint");
  if (isRecorded) io.err("The revocation is recorded: workers that start will know of it.");
  return EXIT.unavailable;
}

/** @throws {UsageError} for a command that is not there, or of the other kind */
function findCommand(app: App, kind: RemoteKind, name: string | undefined): CommandSpec {
  if (name === undefined) throw new UsageError(`Which command? q ${kind} --list names them.`);
  const found = app.commands.find(name);
  if (found?.type === kind) return found;
  const other = kind === "inspect" ? "control" : "inspect";
  if (found) throw new UsageError(`"${name}" is a command of q ${other}.`);
  const hint = didYouMean(
    name,
    commandsOf(app, kind)
      .map((one) => one.name)
      .values(),
  );
  throw new UsageError(`there is no ${kind} command "${name}".${hint} q ${kind} --list names them.`);
}

/** The commands of a kind that are shown. */
export function commandsOf(app: Pick<App, "commands">, kind: RemoteKind): CommandSpec[] {
  return app.commands.all().filter((one) => one.type === kind && one.visible !== false);
}

/** The commands of a kind, those of the app's own among them, a line each. */
export function commandList(app: Pick<App, "commands">, kind: RemoteKind): string {
  const shown = commandsOf(app, kind);
  const usages = shown.map(({ name, signature }) => `  ${name}${signature ? ` ${signature}` : ""}`);
  const width = Math.min(44, Math.max(...usages.map((usage) => usage.length)));
  const lines = shown.map(({ help }, index) => {
    const usage = usages[index] as string;
    return usage.length > width
      ? `${usage}\n${" ".repeat(width)}  ${help}`
      : `${usage.padEnd(width)}  ${help}`;
  });
  return [`${kind === "inspect" ? "Inspect" : "Control"} commands:`, ...lines].join("\n");
}
