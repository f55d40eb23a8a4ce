/** What the monitor shows and reads: a terminal, or a test's stand-in. */
export interface Terminal {
  readonly columns: number;
  readonly rows: number;
  write(text: string): void;
}

/** How a piece of text stands out. */
export type Style = "bold" | "dim" | "inverse" | "red" | "green" | "yellow" | "magenta" | "cyan";

/** A piece of a line. */
export interface Span {
  readonly text: string;
  readonly style?: Style | undefined;
}

/** A line of the screen, in one piece or in several. */
export type Line = string | readonly Span[];

const ESC = "\u001b[";
const CODES: Readonly<Record<Style, number>> = {
  bold: 1,
  dim: 2,
  inverse: 7,
  red: 31,
  green: 32,
  yellow: 33,
  magenta: 35,
  cyan: 36,
};
const FIRST_COLOR = 30;

/** Draws whole pages onto a terminal, on its alternate screen, so that what was there before comes back at the end. */
export class Screen implements Disposable {
  readonly #terminal: Terminal;
  readonly #isColored: boolean;

  constructor(terminal: Terminal, { color }: { readonly color: boolean }) {
    this.#terminal = terminal;
    this.#isColored = color;
    terminal.write(`${ESC}?1049h${ESC}?25l`);
  }

  get columns(): number {
    return this.#terminal.columns;
  }

  get rows(): number {
    return this.#terminal.rows;
  }

  /** Shows these lines, cut to the size of the terminal; the line `selected` inverted. */
  draw(lines: readonly Line[], selected = -1): void {
    const page = lines
      .slice(0, this.rows)
      .map((line, index) => (index === selected ? this.#inverted(line) : this.#styled(line)));
    this.#terminal.write(`${ESC}H${page.map((line) => `${line}${ESC}K`).join("\r\n")}${ESC}J`);
  }

  [Symbol.dispose](): void {
    this.#terminal.write(`${ESC}?25h${ESC}?1049l`);
  }

  #inverted(line: Line): string {
    const text = spansOf(line)
      .map((span) => printable(span.text))
      .join("");
    return paint(text.slice(0, this.columns).padEnd(this.columns), "inverse");
  }

  #styled(line: Line): string {
    let room = this.columns;
    return spansOf(line)
      .map(({ text, style }) => {
        const shown = printable(text).slice(0, room);
        room -= shown.length;
        const isShown = style !== undefined && (this.#isColored || CODES[style] < FIRST_COLOR);
        return isShown && shown !== "" ? paint(shown, style) : shown;
      })
      .join("");
  }
}

const spansOf = (line: Line): readonly Span[] => (typeof line === "string" ? [{ text: line }] : line);

const paint = (text: string, style: Style): string => `${ESC}${CODES[style]}m${text}${ESC}0m`;

/** Texts of strangers must not move the cursor. */
function printable(text: string): string {
  // oxlint-disable-next-line no-control-regex -- that is what is looked for
  return text.replace(/[\u0000-\u001f\u007f-\u009f]/g, " ");
}
