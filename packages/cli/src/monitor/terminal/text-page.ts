import type { Line } from "./screen.ts";

/** Lines around the text. */
const FRAME_LINES = 4;

/** A text that may be longer than the screen, above the list. */
export class TextPage {
  readonly #title: string;
  readonly #lines: readonly string[];
  #from = 0;

  constructor(title: string, lines: readonly string[]) {
    this.#title = title;
    this.#lines = lines;
  }

  /** Moves the text up or down, as far as there is some. */
  scroll(by: number, rows: number): void {
    const last = Math.max(0, this.#lines.length - roomFor(rows));
    this.#from = Math.max(0, Math.min(this.#from + by, last));
  }

  lines(rows: number): Line[] {
    const room = roomFor(rows);
    const shown = this.#lines.slice(this.#from, this.#from + room);
    const left = this.#lines.length - this.#from - shown.length;
    const keys =
      this.#lines.length > room ? `j/k:scroll (${left} more lines) any other key:back` : "any key:back";
    return [[{ text: this.#title, style: "bold" }], "", ...shown, "", [{ text: keys, style: "dim" }]];
  }
}

const roomFor = (rows: number): number => Math.max(1, rows - FRAME_LINES);
