import { type App, createApp } from "@q/core";
import { type Channel, declareEntity } from "@q/messaging";
import type { ArgumentsCamelCase, InferredOptionTypes } from "yargs";
import { migrate, type MigrationReport } from "../broker/migration.ts";
import { EXIT, UsageError } from "../errors.ts";
import type { GlobalArguments } from "../global-options.ts";
import type { Io } from "../io.ts";
import { openApp } from "../open-app.ts";
import { Progress } from "../output/progress.ts";
import { untilStopped } from "../monitor/until-stopped.ts";

/** Options of `q migrate`. */
export const migrateOptions = {
  limit: { alias: "n", type: "number", describe: "messages at most" },
  timeout: {
    alias: "t",
    type: "number",
    default: 1,
    describe: "seconds without a message after which it ends",
  },
  "ack-messages": {
    alias: "a",
    type: "boolean",
    describe: "remove from the source what the destination has; without it messages are copied",
  },
  tasks: {
    alias: "T",
    type: "string",
    describe: "names of tasks, separated by commas; default all messages",
  },
  queues: {
    alias: "Q",
    type: "string",
    describe: "queues, separated by commas, as name or source:destination; default all of the app",
  },
  forever: { alias: "F", type: "boolean", describe: "go on until interrupted; implies --ack-messages" },
  json: { alias: "j", type: "boolean", describe: "print JSON" },
} as const;

/** The options of `q migrate`, parsed. */
export type MigrateArguments = GlobalArguments &
  ArgumentsCamelCase<InferredOptionTypes<typeof migrateOptions>>;

/** Moves or copies waiting messages from one broker to another. */
export async function runMigrate(
  args: MigrateArguments & { source: string; destination: string },
  io: Io,
): Promise<number> {
  if (args.limit !== undefined && !(args.limit >= 1)) throw new UsageError("--limit is a number from 1");
  // For its queues and options; it needs no broker of its own.
  await using app = await openApp({ ...args, broker: args.broker ?? args.source }, io);
  await using from = brokerApp(app, args.source);
  await using to = brokerApp(app, args.destination);
  const queues = queuesOf(app, args.queues);
  await using source = await openChannel(from);
  await using target = await openChannel(to);
  let total = 0;
  for (const [name, goal] of queues) {
    await declareEntity(target, app.queues.get(goal));
    await declareEntity(source, app.queues.get(name));
    total += (await source.queueInfo(name)).messages;
  }
  const destination = await to.producer();
  using progress = new Progress(io, "Migrating", Math.min(total, args.limit ?? Infinity));
  const isForever = args.forever === true;
  let report: MigrationReport = { migrated: 0, left: 0 };
  await untilStopped(io, async (signal) => {
    report = await migrate(source, destination, {
      queues,
      tasks: args.tasks === undefined ? undefined : new Set(args.tasks.split(",")),
      limit: args.limit ?? Infinity,
      // Held until the end, which never comes, they would fill the memory.
      removes: args.ackMessages === true || isForever,
      idleMs: isForever ? 2 ** 31 - 1 : args.timeout * 1000,
      signal,
      onMigrated: (_delivery, count) => progress.at(count),
    });
  });
  progress[Symbol.dispose]();
  if (args.json === true) io.out(JSON.stringify({ ...report, queues: Object.fromEntries(queues) }));
  else io.out(summary(report));
  return EXIT.ok;
}

function summary({ migrated, left }: MigrationReport): string {
  const rest = left > 0 ? `, ${left} ${left === 1 ? "was" : "were"} left` : "";
  return `Migrated ${migrated} ${migrated === 1 ? "message" : "messages"}${rest}.`;
}

/** An app on another broker, with the options of this one. */
function brokerApp(app: App, url: string): App {
  return createApp("q-migrate", {
    broker: url,
    brokerTransportOptions: app.conf.brokerTransportOptions,
  });
}

async function openChannel(app: App): Promise<Channel> {
  return (await (await app.connectionForWrite()).connect()).openChannel();
}

/** `a,b:c` as queue of the source by queue of the destination. */
function queuesOf(app: App, text: string | undefined): ReadonlyMap<string, string> {
  if (text === undefined) return new Map(app.queues.select({}).map(({ name }) => [name, name]));
  return new Map(
    text.split(",").map((pair) => {
      const [source = "", destination = source] = pair.split(":");
      if (source === "" || destination === "") throw new UsageError(`--queues: "${pair}" is no queue`);
      return [source, destination] as const;
    }),
  );
}
