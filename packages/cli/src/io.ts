import { createInterface } from "node:readline/promises";
import { whenPipeBreaks } from "./output/broken-pipe.ts";

/** Where a command reads and writes; tests bring their own. */
export interface Io {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Writes a line to standard output. */
  readonly out: (line: string) => void;
  /** Writes a line to standard error. */
  readonly err: (line: string) => void;
  /** Asks a question and returns the answer; the empty text when nobody can answer. */
  readonly ask: (question: string) => Promise<string>;
  /** Ends commands that run until they are told to; the signals INT and TERM do as well. */
  readonly stop?: AbortSignal;
  /** Replaces the last line of a terminal, until something else is written; absent where nobody watches. */
  readonly status?: (text: string) => void;
  /** Lines may be coloured. */
  readonly color: boolean;
}

/**
 * The process's own streams. When nobody reads the output any more, as in `q events -d | head`, what runs until it is
 * told to ends; a log that nobody reads is no reason to end.
 */
export function processIo(): Io {
  const readerLeft = new AbortController();
  process.stdout.on(
    "error",
    whenPipeBreaks(() => readerLeft.abort()),
  );
  // Its reader has gone, or the disk is full: of that nobody can be told, and it ends no worker.
  process.stderr.on("error", () => {});
  return {
    env: process.env,
    stop: readerLeft.signal,
    out: (line) => void process.stdout.write(`${line}\n`),
    err: (line) => void process.stderr.write(`${line}\n`),
    ask: async (question) => {
      if (!process.stdin.isTTY) return "";
      const prompt = createInterface({ input: process.stdin, output: process.stderr });
      try {
        return await prompt.question(question);
      } finally {
        prompt.close();
      }
    },
    ...(process.stderr.isTTY && {
      status: (text) => void process.stderr.write(`\r\u001b[K${text}`),
    }),
    color: process.stderr.isTTY === true && process.env["NO_COLOR"] === undefined,
  };
}
