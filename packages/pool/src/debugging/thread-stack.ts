import inspector from "node:inspector";
import { deferred, sleep, systemClock, TimeoutError } from "@q/kernel";
import { sampledStack } from "./sampled-stack.ts";

const TIMEOUT_MS = 2000;
/** Most milliseconds to wait for threads to end, and between two looks. */
const MAX_CALM_MS = 1000;
const LOOK_MS = 5;

/**
 * Those of the process that were told to end. Node 20 reads freed memory when a thread ends while an inspector lists
 * threads, so none is listed before these are gone.
 */
export const endingThreads: Set<object> = new Set();

/**
 * Stack of a worker thread of this process, also while its event loop is blocked.
 *
 * @throws {TimeoutError} when the thread does not answer within 2 s: it is inside native code, or has ended
 */
export function threadStack(threadId: number): Promise<string> {
  const stack = last.then(() => ask(threadId));
  last = stack.then(
    () => {},
    () => {},
  );
  return stack;
}

/** One thread after the other: two sessions at once get no answers. A process has one inspector, whoever asks. */
let last: Promise<void> = Promise.resolve();

async function ask(threadId: number): Promise<string> {
  await calm();
  using thread = new ThreadSession(threadId);
  const timeout = deferred<never>();
  const text = `thread ${threadId} did not answer within ${TIMEOUT_MS} ms`;
  const cancel = systemClock.schedule(TIMEOUT_MS, () => timeout.reject(new TimeoutError(text)));
  try {
    const stack = sampledStack((method, params) => thread.post(method, params));
    return await Promise.race([stack, thread.ended, timeout.promise]);
  } finally {
    cancel();
  }
}

async function calm(): Promise<void> {
  for (let waitedMs = 0; endingThreads.size > 0 && waitedMs < MAX_CALM_MS; waitedMs += LOOK_MS) {
    await sleep(LOOK_MS);
  }
}

/** An inspector session with one thread of this process. */
class ThreadSession implements Disposable {
  /** Rejects when the thread ends before the session does. */
  readonly ended: Promise<never>;
  readonly #session = new inspector.Session();
  readonly #attached = deferred<string>();
  readonly #answers = new Map<number, (result: unknown) => void>();
  #id = 0;
  #isOver = false;

  constructor(threadId: number) {
    this.#session.connect();
    let target: string | undefined;
    this.#session.on("NodeWorker.attachedToWorker", ({ params: { sessionId, workerInfo } }) => {
      // Its `workerId` is a number of the inspector's own.
      if (!workerInfo.title.startsWith(`[worker ${threadId}]`)) return;
      target = sessionId;
      this.#attached.resolve(sessionId);
    });
    this.ended = new Promise((_resolve, reject) => {
      this.#session.on("NodeWorker.detachedFromWorker", ({ params: { sessionId } }) => {
        if (sessionId === target) reject(new TimeoutError(`thread ${threadId} has ended`));
      });
    });
    this.#session.on("NodeWorker.receivedMessageFromWorker", ({ params: { sessionId, message } }) => {
      if (sessionId !== target) return;
      const { id, result } = JSON.parse(message) as { readonly id?: number; readonly result?: unknown };
      if (id !== undefined) this.#answers.get(id)?.(result);
    });
    this.#session.post("NodeWorker.enable", { waitForDebuggerOnStart: false });
  }

  /** Resolves to the answer; never, when the thread does not give one. */
  async post(method: string, params: object = {}): Promise<unknown> {
    const sessionId = await this.#attached.promise;
    const id = ++this.#id;
    return new Promise((resolve) => {
      this.#answers.set(id, resolve);
      if (this.#isOver) return;
      const message = JSON.stringify({ id, method, params });
      this.#session.post("NodeWorker.sendMessageToWorker", { sessionId, message });
    });
  }

  [Symbol.dispose](): void {
    this.#isOver = true;
    this.#session.post("NodeWorker.disable");
    this.#session.disconnect();
  }
}
