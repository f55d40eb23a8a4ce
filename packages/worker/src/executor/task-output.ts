import { currentTask } from "@q/core";
import type { LogLevel } from "@q/kernel";

type Write = typeof process.stdout.write;

/**
 * While it lives, what tasks print goes to the log, a line each, with the task's name and id. What anything else in the
 * process prints is printed.
 */
export class TaskOutput implements Disposable {
  readonly #originals: readonly (readonly [stream: NodeJS.WriteStream, write: Write])[];
  #isLogging = false;

  constructor(level: LogLevel) {
    this.#originals = [process.stdout, process.stderr].map((stream) => [stream, stream["write"]] as const);
    for (const [stream, write] of this.#originals) {
      stream.write = ((chunk: string | Uint8Array, ...rest: unknown[]) => {
        if (!this.#log(chunk, level)) return Reflect.apply(write, stream, [chunk, ...rest]) as boolean;
        const done = rest.at(-1);
        if (typeof done === "function") process.nextTick(done as () => void);
        return true;
      }) as Write;
    }
  }

  [Symbol.dispose](): void {
    for (const [stream, write] of this.#originals) stream.write = write;
  }

  /** False when no task is printing, or when the log itself is what prints. */
  #log(chunk: string | Uint8Array, level: LogLevel): boolean {
    const task = currentTask();
    if (task === undefined || this.#isLogging) return false;
    this.#isLogging = true;
    try {
      const text = typeof chunk === "string" ? chunk : Buffer.from(chunk).toString();
      for (const line of text.split("\n")) if (line.trim() !== "") task.logger[level]({}, line.trimEnd());
    } finally {
      this.#isLogging = false;
    }
    return true;
  }
}
