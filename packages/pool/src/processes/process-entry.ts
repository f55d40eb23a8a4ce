import { Socket } from "node:net";
import { Worker } from "node:worker_threads";
import { entryUrl } from "../executor/entry-url.ts";
import { ExecutorLoop } from "../executor/executor-loop.ts";
import { FrameSocket } from "./frame-socket.ts";
import { CHANNEL_FD } from "./watchdog-protocol.ts";

/* The program of a child process. Arguments: process id of the pool, title. */

const WATCHDOG_GRACE_MS = 500;

const [poolPid = "0", title = ""] = process.argv.slice(2);
if (title !== "") process.title = title;
// Not for the program that runs here.
process.argv.splice(2);

// A terminal sends these to all processes of the group: it is for the pool to say what happens.
for (const signal of ["SIGINT", "SIGTERM", "SIGQUIT", "SIGHUP"] as const) process.on(signal, () => {});

const socket = new Socket({ fd: CHANNEL_FD, readable: true, writable: true });
const channel: FrameSocket = new FrameSocket(socket, (frame) => loop.onFrame(frame));
const loop: ExecutorLoop = new ExecutorLoop(channel, {
  pid: process.pid,
  threadId: 0,
  memoryBytes: () => process.memoryUsage.rss(),
  exit: (code) => process.exit(code),
});
socket.on("error", () => {});
socket.on("close", () => loop.orphaned());
process.on("uncaughtException", (error) => loop.fatal(error));
process.on("exit", () => {
  loop.flush();
  watchdog.postMessage("exit");
});

// Small: it holds a timer and nothing else.
const watchdog = new Worker(entryUrl("processes/watchdog-entry"), {
  workerData: { poolPid: Number(poolPid), graceMs: WATCHDOG_GRACE_MS },
  resourceLimits: { maxOldGenerationSizeMb: 8, maxYoungGenerationSizeMb: 1, stackSizeMb: 1 },
  execArgv: [],
  env: {},
});
watchdog.unref();
// Without it a blocked child outlives its pool, which is no reason to fail now.
watchdog.on("error", () => {});
