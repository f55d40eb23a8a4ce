import type { App, CommandSpec } from "@q/core";
import { didYouMean } from "@q/kernel";
import type { ArgumentsCamelCase, InferredOptionTypes } from "yargs";
import { EXIT, UsageError } from "../errors.ts";
import type { GlobalArguments } from "../global-options.ts";
import type { Io } from "../io.ts";
import { importTasks } from "../load-app.ts";
import { openApp } from "../open-app.ts";
import { printNodeCount, printReply } from "../output/replies.ts";
import { commandArguments } from "./command-arguments.ts";
import { destinations, type remoteOptions } from "./remote-options.ts";

/** Option of `q inspect` and `q control` only. */
export const listOption = { list: { type: "boolean", describe: "list the commands" } } as const;

/** The options of `q inspect` and `q control`, parsed. */
export type RemoteCommandArguments = GlobalArguments &
  ArgumentsCamelCase<InferredOptionTypes<typeof remoteOptions & typeof listOption>>;

/** Which kind of commands. */
export type RemoteKind = "inspect" | "control";

/** Sends a command to the workers and prints their answers; exit code 69 when nobody answers. */
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
  await beforeSending(app, spec, given);
  const replies = await app.control.broadcast(spec.name, {
    arguments: given,
    destination: destinations(args.destination),
    timeout: args.timeout ?? Math.max(1, spec.defaultTimeout ?? 1),
    reply: true,
    ...(!json && { callback: (reply) => printReply(io, reply, style) }),
  });
  if (replies.length === 0) return nobody(io, spec);
  if (json) io.out(JSON.stringify(kind === "inspect" ? Object.assign({}, ...replies) : replies));
  else if (kind === "inspect" && !quiet) printNodeCount(io, replies.length);
  return EXIT.ok;
}

/** Workers that are not there now must know of a revocation, too. */
async function beforeSending(app: App, spec: CommandSpec, args: Record<string, unknown>): Promise<void> {
  if (spec.name !== "revoke" && spec.name !== "terminate") return;
  const { recordRevoked } = await import("@q/core/internal");
  await recordRevoked(app, args["task_id"] as string[]);
}

function nobody(io: Io, spec: CommandSpec): number {
  // Celery's workers do not answer these, and they were heard all the same.
  if (spec.name === "shutdown") return EXIT.ok;
  io.err("Error: No nodes replied within time constraint");
  return EXIT.unavailable;
}

/** @throws {UsageError} for a command that is not there, or of the other kind */
function findCommand(app: App, kind: RemoteKind, name: string | undefined): CommandSpec {
  if (name === undefined) throw new UsageError(`Which command? q ${kind} --list names them.`);
  const found = app.commands.find(name);
  if (found?.type === kind) return found;
  const other = kind === "inspect" ? "control" : "inspect";
  if (found) throw new UsageError(`"${name}" is a command of q ${other}.`);
  const names = app.commands.all().filter((one) => one.type === kind);
  const hint = didYouMean(name, names.map((one) => one.name).values());
  throw new UsageError(`there is no ${kind} command "${name}".${hint} q ${kind} --list names them.`);
}

/** The commands of a kind, those of the app's own among them, a line each. */
export function commandList(app: Pick<App, "commands">, kind: RemoteKind): string {
  const shown = app.commands.all().filter((one) => one.type === kind && one.visible !== false);
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
