import inspector, { type Debugger, type NodeWorker } from "node:inspector";
import { systemClock, TimeoutError } from "@q/kernel";
import { IDLE_AFTER_MS, PausedStack, RESUME_AGAIN_MS } from "./paused-stack.ts";

const TIMEOUT_MS = 5000;

/**
 * Stack of a worker thread of this process, also while its event loop is blocked: it is paused for a moment through
 * the inspector's own protocol.
 *
 * @throws {TimeoutError} when the thread does not answer within 5 s
 */
export function threadStack(threadId: number): Promise<string> {
  const stack = last.then(() => pause(threadId));
  last = stack.then(
    () => {},
    () => {},
  );
  return stack;
}

/** One thread after the other: two sessions at once get no answers. A process has one debugger, whoever asks. */
let last: Promise<void> = Promise.resolve();

function pause(threadId: number): Promise<string> {
  const session = new inspector.Session();
  session.connect();
  return new Promise<string>((resolve, reject) => {
    const text = `thread ${threadId} did not answer the debugger within ${TIMEOUT_MS} ms`;
    systemClock.schedule(TIMEOUT_MS, () => reject(new TimeoutError(text)));
    const talk = new ThreadDebugger(session, resolve);
    session.on("NodeWorker.attachedToWorker", ({ params }) => {
      // Its `workerId` is a number of the inspector's own.
      const isIt = params.workerInfo.title.startsWith(`[worker ${threadId}]`);
      if (isIt) talk.begin(params.sessionId);
    });
    session.on("NodeWorker.receivedMessageFromWorker", ({ params }) => talk.onMessage(params));
    session.post("NodeWorker.enable", { waitForDebuggerOnStart: false });
  }).finally(() => {
    session.post("NodeWorker.disable");
    session.disconnect();
  });
}

/** The talk with one thread. */
class ThreadDebugger {
  readonly #session: inspector.Session;
  readonly #done: (stack: string) => void;
  readonly #paused = new PausedStack();
  #target = "";
  #id = 0;
  #stack = "";
  #timer: NodeJS.Timeout | undefined;

  constructor(session: inspector.Session, done: (stack: string) => void) {
    this.#session = session;
    this.#done = done;
  }

  begin(sessionId: string): void {
    this.#target = sessionId;
    this.#send({ method: "Debugger.enable" });
    this.#send({ method: "Debugger.pause" });
    this.#timer = setTimeout(() => this.#done(""), IDLE_AFTER_MS);
  }

  onMessage({ sessionId, message }: NodeWorker.ReceivedMessageFromWorkerEventDataType): void {
    if (sessionId !== this.#target) return;
    const received = JSON.parse(message) as DebuggerMessage;
    switch (received.method) {
      case "Debugger.scriptParsed":
        return this.#paused.onScript(received.params);
      case "Debugger.paused":
        this.#stack = this.#paused.format(received.params.callFrames);
        return this.#resume();
      case "Debugger.resumed":
        clearTimeout(this.#timer);
        return this.#done(this.#stack);
      default:
    }
  }

  #resume(): void {
    this.#send({ method: "Debugger.resume" });
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#resume(), RESUME_AGAIN_MS);
  }

  #send(command: object): void {
    this.#session.post("NodeWorker.sendMessageToWorker", {
      sessionId: this.#target,
      message: JSON.stringify({ ...command, id: ++this.#id }),
    });
  }
}

type DebuggerMessage =
  | { readonly method: "Debugger.paused"; readonly params: Debugger.PausedEventDataType }
  | { readonly method: "Debugger.scriptParsed"; readonly params: Debugger.ScriptParsedEventDataType }
  | { readonly method: "Debugger.resumed" }
  | { readonly method?: undefined; readonly id: number };
