import { Socket } from "node:net";
import { Worker } from "node:worker_threads";
import { entryUrl } from "../executor/entry-url.ts";
import { ExecutorLoop } from "../executor/executor-loop.ts";
import { collectGarbage } from "./collect-garbage.ts";
import { FrameSocket } from "./frame-socket.ts";
import { JOURNAL_BYTES } from "../journal/journal.ts";
import { SharedFile } from "../journal/shared-file.ts";
import { CHANNEL_FD, JOURNAL_FD, type WatchdogData } from "./watchdog-protocol.ts";

/* The program of a child process. Arguments: process id of the pool, title. */

const WATCHDOG_GRACE_MS = 500;

const [poolPid = "0", title = ""] = process.argv.slice(2);
if (title !== "") process.title = title;
// Not for the program that runs here.
process.argv.splice(2);

// A terminal or a service manager may send these to everyone: it is for the pool's process to say what happens.
for (const signal of ["SIGINT", "SIGTERM", "SIGQUIT", "SIGHUP", "SIGUSR1", "SIGUSR2"] as const)
  process.on(signal, () => {});

const socket = new Socket({ fd: CHANNEL_FD, readable: true, writable: true });
const channel: FrameSocket = new FrameSocket(socket, (frame) => loop.onFrame(frame));
const loop: ExecutorLoop = new ExecutorLoop(channel, {
  pid: process.pid,
  threadId: 0,
  memory: new SharedFile(JOURNAL_FD, JOURNAL_BYTES),
  memoryBytes: () => process.memoryUsage.rss(),
  collectGarbage: () => void collectGarbage(),
  exit: (code) => process.exit(code),
});
socket.on("error", () => {});
socket.on("close", () => loop.orphaned());
process.on("uncaughtException", (error) => loop.fatal(error));
process.on("exit", () => {
  loop.flush();
  watchdog.postMessage("exit");
  // Node would wait for the watchdog's session anyway, and say so on the standard error.
  Atomics.wait(isInspected, 0, 1, WATCHDOG_GRACE_MS);
});

const isInspected = new Int32Array(new SharedArrayBuffer(4));
// Small: it holds a timer and nothing else.
const watchdog = new Worker(entryUrl("processes/watchdog-entry"), {
  workerData: { poolPid: Number(poolPid), graceMs: WATCHDOG_GRACE_MS, isInspected } satisfies WatchdogData,
  resourceLimits: { maxOldGenerationSizeMb: 8, maxYoungGenerationSizeMb: 1, stackSizeMb: 1 },
  execArgv: [],
  env: {},
});
watchdog.unref();
// Without it a blocked child outlives its pool, which is no reason to fail now.
watchdog.on("error", () => {});
