import type { Socket } from "node:net";
import { type Deferred, deferred, systemClock, TimeoutError } from "@q/kernel";
import { LineSplitter } from "./line-splitter.ts";
import type { WatchdogQuestion, WatchdogReply } from "./watchdog-protocol.ts";

const TIMEOUT_MS = 5000;

/** The pool's end of the pipe to the watchdog of a child process. */
export class WatchdogLine {
  readonly #socket: Socket;
  readonly #asked = new Map<number, Deferred<string>>();
  #id = 0;

  constructor(socket: Socket) {
    this.#socket = socket;
    const lines = new LineSplitter((line) => this.#onReply(JSON.parse(line) as WatchdogReply));
    socket.on("data", (chunk: Buffer) => lines.push(chunk));
    socket.on("error", () => {});
    socket.on("close", () => this.#failAll(new TimeoutError("the process has ended")));
    // Not a reason to keep this process alive: the process itself is.
    socket.unref();
  }

  /** @throws {TimeoutError} when there is no answer within 5 s */
  ask(question: WatchdogQuestion): Promise<string> {
    const id = ++this.#id;
    const answer = deferred<string>();
    this.#asked.set(id, answer);
    const cancel = systemClock.schedule(TIMEOUT_MS, () =>
      answer.reject(new TimeoutError(`the process did not answer within ${TIMEOUT_MS} ms`)),
    );
    if (this.#socket.destroyed) answer.reject(new TimeoutError("the process has ended"));
    else this.#socket.write(`${JSON.stringify({ ...question, id })}\n`);
    return answer.promise.finally(() => {
      cancel();
      this.#asked.delete(id);
    });
  }

  #onReply(reply: WatchdogReply): void {
    const asked = this.#asked.get(reply.id);
    if (reply.answer === undefined) asked?.reject(new Error(reply.error ?? "no answer"));
    else asked?.resolve(reply.answer);
  }

  #failAll(error: Error): void {
    for (const asked of this.#asked.values()) asked.reject(error);
  }
}
