import type { ArgumentsCamelCase, InferredOptionTypes } from "yargs";
import { EXIT } from "../errors.ts";
import type { GlobalArguments } from "../global-options.ts";
import type { Io } from "../io.ts";
import { openApp } from "../open-app.ts";
import { Progress } from "../output/progress.ts";

/** Options of `q purge`. */
export const purgeOptions = {
  force: { alias: "f", type: "boolean", describe: "do not ask" },
  queues: {
    alias: "Q",
    type: "string",
    describe: "queues to purge, separated by commas; default all of the app",
  },
  "exclude-queues": { alias: "X", type: "string", describe: "queues not to purge" },
  json: { alias: "j", type: "boolean", describe: "print JSON" },
} as const;

/** The options of `q purge`, parsed. */
export type PurgeArguments = GlobalArguments & ArgumentsCamelCase<InferredOptionTypes<typeof purgeOptions>>;

/** Removes waiting messages for good. */
export async function runPurge(args: PurgeArguments, io: Io): Promise<number> {
  await using app = await openApp(args, io);
  const only = args.queues?.split(",");
  const exclude = args.excludeQueues?.split(",");
  const names = app.queues.select({ only, exclude }).map((queue) => queue.name);
  if (args.force !== true && !(await confirmed(names, io))) return EXIT.failure;
  const connection = await (await app.connectionForWrite()).connect();
  await using channel = await connection.openChannel();
  const counts: Record<string, number> = {};
  using progress = new Progress(io, "Purging queues", names.length);
  for (const [at, name] of names.entries()) {
    counts[name] = await channel.purge(name);
    progress.at(at + 1);
  }
  progress[Symbol.dispose]();
  const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
  if (args.json === true) io.out(JSON.stringify({ purged: total, queues: counts }));
  else
    io.out(
      total === 0
        ? `No messages purged from ${counted(names.length, "queue")}`
        : `Purged ${counted(total, "message")} from ${counted(names.length, "queue")}.`,
    );
  return EXIT.ok;
}

async function confirmed(names: readonly string[], io: Io): Promise<boolean> {
  io.err(`This removes all waiting messages from: ${names.join(", ")}. They cannot be brought back.`);
  const answer = await io.ask("Are you sure? (yes/no) ");
  if (/^y(es)?$/i.test(answer.trim())) return true;
  io.err("Nothing was purged. Use --force to purge without being asked.");
  return false;
}

const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? "" : "s"}`;
