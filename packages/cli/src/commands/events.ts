import type { App } from "@q/core";
import { EventReceiver, EventState } from "@q/core/events";
import type { ArgumentsCamelCase, InferredOptionTypes } from "yargs";
import { EXIT } from "../errors.ts";
import type { GlobalArguments } from "../global-options.ts";
import type { Io } from "../io.ts";
import { EventLines } from "../monitor/event-line.ts";
import { loadCamera } from "../monitor/load-camera.ts";
import { untilStopped } from "../monitor/until-stopped.ts";
import { openApp } from "../open-app.ts";
import { createLogger } from "../output/logger.ts";
import { PidFile } from "../pidfile.ts";

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
  pidfile: { type: "string", describe: "write the process id to this file" },
} as const;

/** The options of `q events`, parsed. */
export type EventsArguments = GlobalArguments & ArgumentsCamelCase<InferredOptionTypes<typeof eventsOptions>>;

/** Shows the events of the fleet, or stores what they tell. Ends with the signals INT and TERM. */
export async function runEvents(args: EventsArguments, io: Io): Promise<number> {
  await using app = await openApp(args, io);
  const logfile = args.logfile ?? app.conf.eventsLogfile;
  app.logger = createLogger({ level: args.loglevel, file: logfile ?? undefined, color: false });
  const pidfile = args.pidfile ?? app.conf.eventsPidfile;
  using _pidfile = pidfile === null ? undefined : new PidFile(pidfile);
  await untilStopped(io, async (signal) => {
    if (args.camera !== undefined) await film(app, { args, io, signal, camera: args.camera });
    else if (args.dump === true || args.json === true) await dump(app, { args, io, signal });
    else await (await import("../monitor/terminal/run-monitor.ts")).runMonitor(app, signal);
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
