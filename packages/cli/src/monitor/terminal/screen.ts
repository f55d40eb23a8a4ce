/** What the monitor shows and reads: a terminal, or a test's stand-in. */
export interface Terminal {
  readonly columns: number;
  readonly rows: number;
  write(text: string): void;
}

const ESC = "\u001b[";

/** Draws whole pages onto a terminal, on its alternate screen, so that what was there before comes back at the end. */
export class Screen implements Disposable {
  readonly #terminal: Terminal;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
    terminal.write(`${ESC}?1049h${ESC}?25l`);
  }

  get columns(): number {
    return this.#terminal.columns;
  }

  get rows(): number {
    return this.#terminal.rows;
  }

  /** Shows these lines, cut to the size of the terminal; the line `selected` inverted. */
  draw(lines: readonly string[], selected = -1): void {
    const { rows, columns } = this.#terminal;
    const page = lines.slice(0, rows).map((line, index) => {
      const text = printable(line).slice(0, columns);
      return index === selected ? `${ESC}7m${text.padEnd(columns)}${ESC}0m` : text;
    });
    this.#terminal.write(`${ESC}H${page.map((line) => `${line}${ESC}K`).join("\r\n")}${ESC}J`);
  }

  [Symbol.dispose](): void {
    this.#terminal.write(`${ESC}?25h${ESC}?1049l`);
  }
}

/** Texts of strangers must not move the cursor. */
function printable(text: string): string {
  // oxlint-disable-next-line no-control-regex -- that is what is looked for
  return text.replace(/[\u0000-\u001f\u007f-\u009f]/g, " ");
}
