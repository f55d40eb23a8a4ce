import inspector from "node:inspector";
import { Socket } from "node:net";
import { parentPort, workerData } from "node:worker_threads";
import { IDLE_AFTER_MS, PausedStack, RESUME_AGAIN_MS } from "../debugging/paused-stack.ts";
import { openInspector } from "../debugging/open-inspector.ts";
import { collectGarbage } from "./collect-garbage.ts";
import { LineSplitter } from "./line-splitter.ts";
import {
  WATCHDOG_FD,
  type WatchdogData,
  type WatchdogReply,
  type WatchdogRequest,
} from "./watchdog-protocol.ts";

/*
 * Runs as a thread of its own in each child process, so that it works also while the event loop there is blocked. Ends
 * the process when that of the pool is gone, and looks into it when the pool asks.
 */
const { poolPid, graceMs, isInspected } = workerData as WatchdogData;

const die = (): void => void process.kill(process.pid, "SIGKILL");

// The pipe ends with the pool, unless somebody else holds its other end; the parent's id tells in any case.
setInterval(() => {
  if (process.ppid !== poolPid) die();
}, graceMs);

// A thread has a heap of its own, which is as large after its start as it will ever be.
setTimeout(() => void collectGarbage(), graceMs);

// The main thread is about to exit, and waits for this.
parentPort?.on("message", () => {
  session?.disconnect();
  Atomics.store(isInspected, 0, 0);
  Atomics.notify(isInspected, 0);
});

let session: inspector.Session | undefined;
let last: Promise<void> = Promise.resolve();

const socket = new Socket({ fd: WATCHDOG_FD, readable: true, writable: true });
const lines = new LineSplitter((line) => {
  const request = JSON.parse(line) as WatchdogRequest;
  // One after the other: they share the session.
  last = last.then(() => answer(request)).then((reply) => void socket.write(`${JSON.stringify(reply)}\n`));
});
socket.on("data", (chunk: Buffer) => lines.push(chunk));
socket.on("error", () => {});
// The main thread sees the same end on its own channel, and has this long to make its own.
socket.on("close", () => setTimeout(die, graceMs));

async function answer(request: WatchdogRequest): Promise<WatchdogReply> {
  try {
    session ??= connect();
    const text = request.ask === "stack" ? await stack(session) : await open(session, request);
    return { id: request.id, answer: text };
  } catch (error) {
    return { id: request.id, error: String(error) };
  }
}

/** Once, and for good: a main thread that waits does not come back from the second session that ends. */
function connect(): inspector.Session {
  const connected = new inspector.Session();
  connected.connectToMainThread();
  Atomics.store(isInspected, 0, 1);
  return connected;
}

/** Pauses the main thread for a moment, if it does anything. */
function stack(debugged: inspector.Session): Promise<string> {
  return new Promise((resolve) => {
    const paused = new PausedStack();
    let text = "";
    let again: NodeJS.Timeout | undefined;
    const end = (): void => {
      clearTimeout(idle);
      clearInterval(again);
      debugged.removeAllListeners();
      debugged.post("Debugger.disable");
      resolve(text);
    };
    const idle = setTimeout(end, IDLE_AFTER_MS);
    debugged.on("Debugger.scriptParsed", ({ params }) => paused.onScript(params));
    debugged.once("Debugger.paused", ({ params }) => {
      clearTimeout(idle);
      text = paused.format(params.callFrames);
      const resume = (): void => debugged.post("Debugger.resume");
      resume();
      again = setInterval(resume, RESUME_AGAIN_MS);
    });
    debugged.once("Debugger.resumed", end);
    debugged.post("Debugger.enable");
    debugged.post("Debugger.pause");
  });
}

/** Opened from within the main thread: a worker thread would open its own, and a signal could not say where. */
function open(
  debugged: inspector.Session,
  { host, port }: { readonly host: string; readonly port: number },
): Promise<string> {
  const expression = `(${String(openInspector)})(${JSON.stringify(host)}, ${Number(port)})`;
  return new Promise((resolve, reject) => {
    debugged.post("Runtime.evaluate", { expression }, (error, reply) => {
      if (error) return reject(error);
      if (reply.exceptionDetails)
        return reject(new Error(reply.exceptionDetails.exception?.description ?? "failed"));
      if (reply.result.value === undefined) return reject(new Error(`no port from ${port} on is free`));
      return resolve(String(reply.result.value));
    });
  });
}
