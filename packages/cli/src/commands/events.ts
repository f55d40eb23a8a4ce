import type { App } from "@q/core";
import { EventReceiver, EventState } from "@q/core/events";
import type { ArgumentsCamelCase, InferredOptionTypes } from "yargs";
import type { daemonOptions } from "../daemon-options.ts";
import { detach } from "../detach.ts";
import { EXIT } from "../errors.ts";
import type { GlobalArguments } from "../global-options.ts";
import type { Io } from "../io.ts";
import { EventLines } from "../monitor/event-line.ts";
import { loadCamera } from "../monitor/load-camera.ts";
import { untilStopped } from "../monitor/until-stopped.ts";
import { openApp } from "../open-app.ts";
import { createLogger } from "../output/logger.ts";
import { PidFile } from "../pidfile.ts";
import { takePrivileges } from "../privileges.ts";

/** Options of `q events`. */
export const eventsOptions = {
  dump: { alias: "d", type: "boolean", describe: "print every event" },
  json: { alias: "j", type: "boolean", describe: "print every event as a line of JSON" },
  camera: {
    alias: "c",
    type: "string",
    describe: "have this class or function, module:export, take snapshots",
  },
  frequency: {
    alias: ["F", "freq"],
    type: "number",
    default: 1,
    describe: "seconds between snapshots",
  },
  maxrate: { alias: "r", type: "string", describe: "most snapshots, such as 10/m" },
  loglevel: {
    alias: "l",
    type: "string",
    default: "WARNING",
    describe: "DEBUG, INFO, WARNING, ERROR, CRITICAL",
  },
  logfile: { alias: "f", type: "string", describe: "append the log of the camera to this file" },
} as const;

/** The options of `q events`, parsed. */
export type EventsArguments = GlobalArguments &
  ArgumentsCamelCase<InferredOptionTypes<typeof eventsOptions & typeof daemonOptions>>;

/** Shows the events of the fleet, or stores what they tell. Ends with the signals INT and TERM. */
export async function runEvents(args: EventsArguments, io: Io): Promise<number> {
  await using app = await openApp(args, io);
  const { conf } = app;
  const logfile = args.logfile ?? conf.eventsLogfile ?? undefined;
  const pidfile = args.pidfile ?? conf.eventsPidfile ?? undefined;
  const { uid = conf.eventsUid, gid = conf.eventsGid, umask = conf.eventsUmask } = args;
  takePrivileges({ umask });
  if (args.detach === true) {
    const executable = args.executable ?? conf.eventsExecutable ?? undefined;
    const code = await detach({ executable, logfile, pidfile, io });
    if (code !== undefined) return code;
  }
  const isScreen = args.camera === undefined && args.dump !== true && args.json !== true;
  // Lines of a log would be written over the screen, which tells by itself of what is wrong.
  if (!isScreen || logfile !== undefined)
    app.logger = createLogger({ level: args.loglevel, file: logfile, color: false });
  using _pidfile = pidfile === undefined ? undefined : new PidFile(pidfile);
  takePrivileges({ uid, gid });
  const color = io.color && args.noColor !== true;
  await untilStopped(io, async (signal) => {
    if (args.camera !== undefined) await film(app, { args, io, signal, camera: args.camera });
    else if (isScreen)
      await (await import("../monitor/terminal/run-monitor.ts")).runMonitor(app, { color, signal });
    else await dump(app, { args, io, signal });
  });
  return EXIT.ok;
}

interface Show {
  readonly args: EventsArguments;
  readonly io: Io;
  readonly signal: AbortSignal;
}

async function dump(app: App, { args, io, signal }: Show): Promise<void> {
  const lines = new EventLines();
  const onLost = (): void => io.err("-> connection lost, connecting again");
  if (args.json !== true) io.out("-> q events: capturing");
  for await (const event of new EventReceiver(app, { onLost }).events({ signal }))
    io.out(args.json === true ? JSON.stringify(event) : lines.line(event));
}

async function film(app: App, { args, io, signal, camera }: Show & { camera: string }): Promise<void> {
  const { frequency: freq, maxrate } = args;
  const state = new EventState({ logger: app.logger, clock: app.clock });
  const { logger, clock } = app;
  await using running = await loadCamera(camera, state, {
    freq,
    ...(maxrate !== undefined && { maxrate }),
    logger,
    clock,
  });
  running.install();
  if (args.quiet !== true) io.err(`-> q events: snapshots with ${camera}, every ${freq} s`);
  await new EventReceiver(app).capture({ "*": (event) => state.event(event) }, { signal });
}
