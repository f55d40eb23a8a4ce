import { maxDepth, tooDeep } from "./depth.ts";
import { DecodeError } from "./errors.ts";
import { setOwn } from "./plain-value.ts";

const blank = /[ \t\n\r]*/y;
const number = /-?(?:0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?/y;
const word = /-?[A-Za-z]+/y;
const words = new Map<string, unknown>([
  ["true", true],
  ["false", false],
  ["null", null],
  ["NaN", NaN],
  ["Infinity", Infinity],
  ["-Infinity", -Infinity],
]);

/** Python's own limit: reading an integer takes time quadratic in its digits. */
const maxIntegerDigits = 4300;

/**
 * Reads JSON as Python's `json` module does: as `JSON.parse`, but integers too large for a number become BigInt, and
 * NaN and Infinity are allowed. Slower than `JSON.parse`, therefore only used for texts that need it.
 *
 * @throws {DecodeError} with the position of the first character that is wrong
 */
export function parsePythonJson(text: string): unknown {
  return new Parser(text).document();
}

class Parser {
  readonly #text: string;
  #at = 0;
  #depth = 0;

  constructor(text: string) {
    this.#text = text;
  }

  document(): unknown {
    const value = this.#value();
    this.#blank();
    if (this.#at !== this.#text.length) throw this.#error();
    return value;
  }

  #value(): unknown {
    this.#blank();
    switch (this.#text[this.#at]) {
      case '"':
        return this.#string();
      case "[":
        return this.#nested(() => this.#array());
      case "{":
        return this.#nested(() => this.#object());
      default:
        return this.#scalar();
    }
  }

  #nested<T>(read: () => T): T {
    if (++this.#depth > maxDepth) throw tooDeep();
    this.#at++;
    const value = read();
    this.#depth--;
    return value;
  }

  #array(): unknown[] {
    const items: unknown[] = [];
    if (this.#skip("]")) return items;
    do items.push(this.#value());
    while (this.#skip(","));
    this.#expect("]");
    return items;
  }

  #object(): Record<string, unknown> {
    const object: Record<string, unknown> = {};
    if (this.#skip("}")) return object;
    do {
      this.#blank();
      const key = this.#string();
      this.#expect(":");
      setOwn(object, key, this.#value());
    } while (this.#skip(","));
    this.#expect("}");
    return object;
  }

  #string(): string {
    const start = this.#at;
    if (this.#text[start] !== '"') throw this.#error();
    let plain = true;
    for (let i = start + 1; i < this.#text.length; i++) {
      const code = this.#text.charCodeAt(i);
      if (code === 0x22 /* " */) {
        const value = plain ? this.#text.slice(start + 1, i) : this.#unescape(this.#text.slice(start, i + 1));
        this.#at = i + 1;
        return value;
      }
      if (code < 0x20) break;
      if (code === 0x5c /* \ */) {
        plain = false;
        i++;
      }
    }
    throw this.#error();
  }

  #unescape(quoted: string): string {
    try {
      return JSON.parse(quoted) as string;
    } catch {
      throw this.#error();
    }
  }

  #scalar(): unknown {
    const [digits, fraction, exponent] = this.#match(number) ?? [];
    if (digits !== undefined) {
      const value = Number(digits);
      if (Number.isSafeInteger(value) || fraction !== undefined || exponent !== undefined) return value;
      if (digits.length > maxIntegerDigits) {
        throw new DecodeError(
          `an integer has ${digits.length} digits; at most ${maxIntegerDigits} are read.`,
        );
      }
      return BigInt(digits);
    }
    const name = this.#match(word)?.[0] ?? "";
    if (words.has(name)) return words.get(name);
    this.#at -= name.length;
    throw this.#error();
  }

  #match(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#text);
    if (match !== null) this.#at += match[0].length;
    return match;
  }

  #blank(): void {
    this.#match(blank);
  }

  #skip(character: string): boolean {
    this.#blank();
    if (this.#text[this.#at] !== character) return false;
    this.#at++;
    return true;
  }

  #expect(character: string): void {
    if (!this.#skip(character)) throw this.#error();
  }

  #error(): DecodeError {
    const found = this.#text[this.#at];
    const what = found === undefined ? "the text ends" : `character ${JSON.stringify(found)} is not allowed`;
    return new DecodeError(`the body is not valid JSON: ${what} at position ${this.#at}. Check the sender.`);
  }
}
