import { Beat, type EntryInfo, type EntryOptions, type ScheduleSpec } from "@q/beat";
import type { ArgumentsCamelCase, InferredOptionTypes } from "yargs";
import { beatOptions } from "../beat/beat-options.ts";
import { EXIT, UsageError } from "../errors.ts";
import type { GlobalArguments } from "../global-options.ts";
import type { Io } from "../io.ts";
import { importTasks } from "../load-app.ts";
import { openApp } from "../open-app.ts";

/** Arguments of every command about entries. */
type EntryArguments = GlobalArguments & { readonly schedule?: string | undefined };
type NamedArguments = EntryArguments & { readonly name: string };

export const listOptions = { json: { alias: "j", type: "boolean", describe: "print JSON" } } as const;
export const nextOptions = {
  count: { alias: "n", type: "number", default: 5, describe: "how many times" },
} as const;

/** Options of `q beat add`. */
export const addOptions = {
  task: { alias: "t", type: "string", demandOption: true, describe: "name of the task" },
  every: { type: "number", describe: "seconds between runs" },
  crontab: { type: "string", describe: 'crontab line, such as "0 4 * * mon-fri"' },
  clocked: { type: "string", describe: "run once, at this time, ISO 8601" },
  solar: { type: "string", describe: "event,latitude,longitude, such as sunset,52.5,13.4" },
  args: { alias: "a", type: "string", describe: "positional arguments, a JSON array" },
  kwargs: { alias: "k", type: "string", describe: "keyword arguments, a JSON object" },
  options: {
    alias: "o",
    type: "string",
    describe: 'options of the call, a JSON object such as {"queue": "low"}',
  },
  "time-zone": { type: "string", describe: "time zone of a crontab" },
  relative: { type: "boolean", describe: "intervals go by the clock" },
  jitter: { type: "number", describe: "seconds by which runs are spread" },
  misfire: { choices: ["once", "skip", "all"], describe: "what happens to missed runs" },
  "misfire-window": { type: "number", describe: "seconds after which a missed run is not made up for" },
  overlap: { choices: ["allow", "skip"], describe: "what happens while the last run goes on" },
  "max-runs": { type: "number", describe: "ends after so many runs" },
  "start-at": { type: "string", describe: "not before this time, ISO 8601" },
  "end-at": { type: "string", describe: "not after this time, ISO 8601" },
} as const;

type AddArguments = NamedArguments & ArgumentsCamelCase<InferredOptionTypes<typeof addOptions>>;

export async function runBeatList(
  args: EntryArguments & { readonly json?: boolean },
  io: Io,
): Promise<number> {
  const entries = await withBeat(args, io, (beat) => beat.list());
  if (args.json === true) io.out(JSON.stringify(entries, null, 2));
  else for (const line of entryLines(entries)) io.out(line);
  return EXIT.ok;
}

export async function runBeatAdd(args: AddArguments, io: Io): Promise<number> {
  const entry = entryOf(args);
  await withBeat(args, io, (beat) => beat.add(args.name, entry));
  io.err(`${args.name}: added`);
  return EXIT.ok;
}

export async function runBeatRemove(args: NamedArguments, io: Io): Promise<number> {
  if (!(await withBeat(args, io, (beat) => beat.remove(args.name))))
    throw new UsageError(
      `no entry "${args.name}" was added at run time. Those of the app are removed in the app.`,
    );
  io.err(`${args.name}: removed`);
  return EXIT.ok;
}

export async function runBeatPause(args: NamedArguments, io: Io): Promise<number> {
  await withBeat(args, io, (beat) => beat.pause(args.name));
  io.err(`${args.name}: paused`);
  return EXIT.ok;
}

export async function runBeatResume(args: NamedArguments, io: Io): Promise<number> {
  await withBeat(args, io, (beat) => beat.resume(args.name));
  io.err(`${args.name}: resumed`);
  return EXIT.ok;
}

/** Asks the running beat for a run, and prints the id of its task. */
export async function runBeatRun(args: NamedArguments, io: Io): Promise<number> {
  io.out(await withBeat(args, io, (beat) => beat.runNow(args.name)));
  return EXIT.ok;
}

export async function runBeatNext(
  args: NamedArguments & { readonly count: number },
  io: Io,
): Promise<number> {
  const { name, count } = args;
  if (!(Number.isInteger(count) && count > 0)) throw new UsageError("--count wants a whole number from 1");
  const times = await withBeat(args, io, (beat) => beat.next(name, count));
  for (const time of times) io.out(time.toISOString());
  return EXIT.ok;
}

/** Works on the store of the schedule; a beat that runs somewhere takes changes in. */
async function withBeat<TResult>(
  args: EntryArguments,
  io: Io,
  work: (beat: Beat) => Promise<TResult>,
): Promise<TResult> {
  await using app = await openApp(args, io, { app: true });
  await importTasks(app, process.cwd());
  await using beat = new Beat(await beatOptions({ app, schedule: args.schedule }));
  return await work(beat);
}

function entryOf(args: AddArguments): EntryOptions {
  const { task, relative, jitter, misfire, misfireWindow, overlap, maxRuns, startAt, endAt, timeZone } = args;
  const fields = {
    task,
    relative,
    jitter,
    misfire,
    misfireWindow,
    overlap,
    maxRuns,
    startAt,
    endAt,
    timeZone,
  };
  const json = {
    args: parsed("args", args.args),
    kwargs: parsed("kwargs", args.kwargs),
    options: parsed("options", args.options),
  };
  const given = Object.entries({ ...fields, ...json }).filter(([, value]) => value !== undefined);
  return { ...(Object.fromEntries(given) as Partial<EntryOptions>), task, schedule: scheduleOf(args) };
}

function scheduleOf({ every, crontab, clocked, solar }: AddArguments): ScheduleSpec {
  const given = [every, crontab, clocked, solar].filter((one) => one !== undefined);
  if (given.length !== 1) throw new UsageError("give one of --every, --crontab, --clocked and --solar");
  if (every !== undefined) return { every };
  if (crontab !== undefined) return { crontab };
  if (clocked !== undefined) return { clocked };
  const [event = "", latitude, longitude, ...more] = (solar ?? "").split(",");
  if (!latitude?.trim() || !longitude?.trim() || more.length > 0)
    throw new UsageError("--solar wants event,latitude,longitude, such as sunset,52.5,13.4");
  return { solar: { event: event as never, latitude: Number(latitude), longitude: Number(longitude) } };
}

function parsed(option: string, text: string | undefined): unknown {
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new UsageError(`--${option} is not JSON: ${text}`, { cause: error });
  }
}

function entryLines(entries: readonly EntryInfo[]): string[] {
  const head = ["NAME", "TASK", "SCHEDULE", "NEXT", "LAST", "RUNS"];
  const rows = entries.map((one) => [
    one.name,
    one.task,
    one.schedule,
    one.isEnabled ? (one.nextRunAt?.toISOString() ?? "ended") : "paused",
    one.lastRunAt?.toISOString() ?? "-",
    String(one.totalRunCount),
  ]);
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  return [head, ...rows].map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
}
