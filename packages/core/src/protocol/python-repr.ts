/**
 * Values as Python would print them, within a budget of characters: for logs, events and monitors, never for reading
 * back.
 *
 * @see wire protocol, argsrepr / kwargsrepr; celery/utils/saferepr.py
 */

/** Containers deeper than this collapse to `[...]`. */
const MAX_DEPTH = 3;

/** `value` in Python's notation; `maxLength` counts characters and may be `Infinity`. */
export function pythonRepr(value: unknown, maxLength = 1024): string {
  const short = maxLength >= SHORT_LENGTH ? shortRepr(value) : undefined;
  if (short !== undefined) return short;
  const writer = new ReprWriter(maxLength);
  writer.write(value, 0);
  return writer.out;
}

/** Positional arguments as a Python tuple: `()`, `(1,)`, `(1, 2)`. */
export function pythonReprTuple(values: readonly unknown[], maxLength = 1024): string {
  const short = maxLength >= SHORT_LENGTH ? shortTuple(values) : undefined;
  if (short !== undefined) return short;
  const writer = new ReprWriter(maxLength);
  writer.sequence(values, { open: "(", close: values.length === 1 ? ",)" : ")" }, 0);
  return writer.out;
}

/** Longest text that the short ways make: a budget from there on never cuts it. */
const SHORT_LENGTH = 400;

/** A few plain values, as nearly every call has them: a tenth of the cost of the general way. */
function shortTuple(values: readonly unknown[]): string | undefined {
  if (values.length > 8) return undefined;
  let out = "(";
  for (let index = 0; index < values.length; index++) {
    const text = shortRepr(values[index]);
    if (text === undefined) return undefined;
    out += index === 0 ? text : `, ${text}`;
  }
  return values.length === 1 ? `${out},)` : `${out})`;
}

function shortRepr(value: unknown): string | undefined {
  if (typeof value === "number") return Number.isSafeInteger(value) ? String(value) : undefined;
  if (typeof value === "string")
    return value.length <= 40 && /^[ -&(-~]*$/.test(value) ? `'${value}'` : undefined;
  if (typeof value === "boolean") return value ? "True" : "False";
  return value === null || value === undefined ? "None" : undefined;
}

type Brackets = { readonly open: string; readonly close: string };

class ReprWriter {
  out = "";
  #left: number;
  #full = false;
  readonly #closers: string[] = [];

  constructor(maxLength: number) {
    this.#left = maxLength;
  }

  write(value: unknown, depth: number): void {
    if (this.#full) return;
    switch (typeof value) {
      case "string":
        return this.#token(() => `'${cut(value, this.#left).replaceAll("'", "\\'")}'`);
      case "number":
        return this.#token(() => cut(pythonNumber(value), this.#left));
      case "boolean":
        return this.#token(() => cut(value ? "True" : "False", this.#left));
      case "object":
        return this.#object(value, depth);
      case "undefined":
        return this.#token(() => cut("None", this.#left));
      default:
        return this.#token(() => cut(String(value), this.#left));
    }
  }

  sequence(values: readonly unknown[], brackets: Brackets, depth: number): void {
    if (depth >= MAX_DEPTH) return this.#token(() => `${brackets.open}...${brackets.close}`);
    this.#open(brackets);
    for (let index = 0; index < values.length && !this.#full; index++) {
      if (index > 0) this.#token(() => ", ");
      this.write(values[index], depth + 1);
    }
    this.#close();
  }

  #object(value: object | null, depth: number): void {
    if (value === null) return this.#token(() => cut("None", this.#left));
    if (Array.isArray(value)) return this.sequence(value, { open: "[", close: "]" }, depth);
    if (value instanceof Date) return this.#token(() => cut(`datetime(${value.toJSON()})`, this.#left));
    if (value instanceof Uint8Array) return this.#token(() => `<${value.byteLength} bytes>`);
    if (value instanceof Error) return this.#token(() => cut(errorRepr(value), this.#left));
    const entries = value instanceof Map ? [...value.entries()] : Object.entries(value);
    this.#mapping(entries, depth);
  }

  #mapping(entries: readonly (readonly [unknown, unknown])[], depth: number): void {
    if (depth >= MAX_DEPTH) return this.#token(() => "{...}");
    this.#open({ open: "{", close: "}" });
    for (let index = 0; index < entries.length && !this.#full; index++) {
      if (index > 0) this.#token(() => ", ");
      const [key, value] = entries[index] as readonly [unknown, unknown];
      this.#token(() => pythonRepr(key, this.#left));
      this.#token(() => ": ");
      this.write(value, depth + 1);
    }
    this.#close();
  }

  #open(brackets: Brackets): void {
    // The bracket that finds no room any more is dropped, yet its closing one is still written.
    this.#closers.push(brackets.close);
    this.#token(() => brackets.open);
  }

  #close(): void {
    if (this.#full) return;
    const close = this.#closers.pop() ?? "";
    this.#token(() => close);
  }

  #token(text: () => string): void {
    if (this.#full) return;
    if (this.#left <= 0) {
      this.#full = true;
      this.out += `, ...${this.#closers.reverse().join("")}`;
      return;
    }
    const token = text();
    this.out += token;
    this.#left -= characters(token);
  }
}

/** The first `limit` characters, back to the last blank among them, and an ellipsis; a shorter text as it is. */
function cut(text: string, limit: number): string {
  if (characters(text) < limit) return text;
  const head = Array.from(text).slice(0, limit).join("");
  const blank = head.lastIndexOf(" ");
  return `${blank < 0 ? head : head.slice(0, blank)}...`;
}

/** Length as Python counts it; almost every text has no pair of surrogates. */
function characters(text: string): number {
  return /[\ud800-\udbff]/.test(text) ? Array.from(text).length : text.length;
}

function pythonNumber(value: number): string {
  if (Number.isNaN(value)) return "nan";
  if (!Number.isFinite(value)) return value > 0 ? "inf" : "-inf";
  const small = value !== 0 && Math.abs(value) < 1e-4;
  const text = small ? value.toExponential() : String(value);
  return text.replace(/e([+-])(\d)$/, "e$10$2");
}

/** An error as Python prints exceptions: `ValueError('boom')`. */
export function errorRepr(error: {
  readonly name: string;
  readonly message: string;
  readonly args?: unknown;
}): string {
  const args = Array.isArray(error.args) ? error.args : [error.message];
  return `${error.name}(${args.map((arg) => pythonRepr(arg)).join(", ")})`;
}
