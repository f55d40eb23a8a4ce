import { StringDecoder } from "node:string_decoder";

/** Longest line that is kept together. */
const MAX_LINE_LENGTH = 64 * 1024;

/** Cuts output into lines. A line without end is cut where it becomes too long. */
export class LineSplitter {
  readonly #onLine: (line: string) => void;
  readonly #decoder = new StringDecoder("utf8");
  #rest = "";

  constructor(onLine: (line: string) => void) {
    this.#onLine = onLine;
  }

  push(chunk: Buffer): void {
    const lines = (this.#rest + this.#decoder.write(chunk)).split("\n");
    this.#rest = lines.pop() ?? "";
    for (const line of lines) this.#onLine(line.endsWith("\r") ? line.slice(0, -1) : line);
    if (this.#rest.length > MAX_LINE_LENGTH) this.end();
  }

  /** The output is over: what is left is the last line. */
  end(): void {
    const last = this.#rest + this.#decoder.end();
    this.#rest = "";
    if (last !== "") this.#onLine(last);
  }
}
