import type { ArgumentsCamelCase, InferredOptionTypes } from "yargs";
import type { App } from "@q/core";
import { type Service, sleep } from "@q/kernel";
import { beatOptions, maxIntervalOf, scheduleOf, shownSchedule } from "../beat/beat-options.ts";
import { makeScheduler } from "../beat/make-beat.ts";
import { detach } from "../detach.ts";
import { EXIT } from "../errors.ts";
import type { GlobalArguments } from "../global-options.ts";
import type { Io } from "../io.ts";
import { importTasks } from "../load-app.ts";
import { openApp } from "../open-app.ts";
import { beatBanner } from "../output/beat-banner.ts";
import { createLogger } from "../output/logger.ts";
import { PidFile } from "../pidfile.ts";
import { takePrivileges } from "../privileges.ts";
import { version } from "../version.ts";

/** Options of `q beat`. */
export const beatCommandOptions = {
  schedule: {
    alias: ["s", "schedule-filename"],
    type: "string",
    describe: "where the schedule is kept: a file, or sqlite://, redis://, postgres://, mysql://",
  },
  scheduler: {
    alias: "S",
    type: "string",
    global: false,
    describe: "scheduler of your own, as module:export",
  },
  "max-interval": {
    type: "number",
    global: false,
    describe: "seconds between looks at the clock at most; default 300",
  },
  loglevel: {
    alias: "l",
    type: "string",
    default: "WARNING",
    global: false,
    describe: "DEBUG, INFO, WARNING, ERROR, CRITICAL",
  },
  logfile: { alias: "f", type: "string", global: false, describe: "append the log to this file" },
  logformat: { choices: ["text", "json"], default: "text", global: false, describe: "form of the log" },
  pidfile: { type: "string", global: false, describe: "write the process id to this file" },
  detach: { alias: "D", type: "boolean", global: false, describe: "run in the background" },
  uid: { type: "string", global: false, describe: "user to run as" },
  gid: { type: "string", global: false, describe: "group to run as" },
  umask: { type: "string", global: false, describe: "file mode mask, octal" },
  executable: {
    type: "string",
    global: false,
    describe: "program that runs it with --detach; default this Node",
  },
} as const;

/** The options of `q beat`, parsed. */
export type BeatArguments = GlobalArguments &
  ArgumentsCamelCase<InferredOptionTypes<typeof beatCommandOptions>>;

/** Sends periodic tasks until it is told to stop. */
export async function runBeat(args: BeatArguments, io: Io): Promise<number> {
  await using app = await openApp(args, io, { app: true });
  app.config.configFromCmdline(args["--"] ?? []);
  const { conf } = app;
  const logfile = args.logfile ?? conf.beatLogfile ?? undefined;
  if (args.detach === true) {
    const executable = args.executable ?? conf.beatExecutable ?? undefined;
    const pidfile = args.pidfile ?? conf.beatPidfile ?? undefined;
    const code = await detach({ executable, logfile, pidfile, io });
    if (code !== undefined) return code;
  }
  const { uid = conf.beatUid, gid = conf.beatGid, umask = conf.beatUmask } = args;
  takePrivileges({ umask });
  const color = conf.workerLogColor ?? (io.color && args.noColor !== true && logfile === undefined);
  if (!app.hasOwnLogger)
    app.logger = createLogger({ level: args.loglevel, file: logfile, format: args.logformat, color });
  const pidfile = args.pidfile ?? conf.beatPidfile;
  using _pidfile = pidfile === null ? undefined : new PidFile(pidfile);
  takePrivileges({ uid, gid });
  await importTasks(app, process.cwd());
  const source = { app, schedule: args.schedule, maxInterval: args.maxInterval };
  const { name, service } = await makeScheduler(
    args.scheduler ?? conf.beatScheduler,
    await beatOptions(source),
    app,
  );
  process.title = `q beat ${app.name}`;
  const say = args.quiet === true ? (): void => {} : io.err;
  say(
    beatBanner({
      app,
      version,
      scheduler: name,
      schedule: shownSchedule(scheduleOf(source)),
      logfile,
      loglevel: args.loglevel,
      maxInterval: maxIntervalOf(source),
    }),
  );
  // Awaited here: the app is closed when this function is left.
  return await runUntilStopped(service, { app, say });
}

/** SIGTERM and SIGINT end it: what is being sent is finished and recorded. */
async function runUntilStopped(
  service: Service,
  { app, say }: { readonly app: App; readonly say: (line: string) => void },
): Promise<number> {
  const end = new AbortController();
  const stop = (): void => end.abort();
  const signals = ["SIGTERM", "SIGINT"] as const;
  for (const signal of signals) process.on(signal, stop);
  try {
    await service.start();
    app.events.emit("beat:started", { embedded: false });
    say("beat: started");
    // A scheduler of one's own may have nothing that keeps the process alive.
    while (!end.signal.aborted) await sleep(2 ** 30, { signal: end.signal });
    say("beat: shutting down");
    return EXIT.ok;
  } finally {
    await service.stop();
    for (const signal of signals) process.off(signal, stop);
  }
}
