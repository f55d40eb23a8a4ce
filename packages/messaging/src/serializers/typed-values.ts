/** The texts that Python's `Decimal()` reads, without underscores and blanks. */
const decimalText = /^[+-]?(?:(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?|inf(?:inity)?|s?nan\d*)$/i;
const dateText = /^(\d{4})-(\d\d)-(\d\d)(?:[T ].*)?$/;
const timeText = /^(\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,6})\d*)?)?(Z|[+-]\d\d:?\d\d(?::\d\d(?:\.\d+)?)?)?$/;

/** A calendar day without time or zone: Python's `datetime.date`. */
export class PlainDate {
  readonly year: number;
  readonly month: number;
  readonly day: number;

  /** @throws {RangeError} when there is no such day, or its year is not in 1–9999 */
  constructor(year: number, month: number, day: number) {
    const date = new Date(0);
    date.setUTCFullYear(year, month - 1, day);
    const isReal = year >= 1 && year <= 9999 && date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
    if (!isReal) throw new RangeError(`there is no day ${year}-${month}-${day}`);
    this.year = year;
    this.month = month;
    this.day = day;
    Object.freeze(this);
  }

  /** Reads `2026-01-02`; a time behind it is ignored, as Python does. @throws {RangeError} */
  static parse(text: string): PlainDate {
    const [, year, month, day] = dateText.exec(text) ?? [];
    if (day === undefined) throw new RangeError(`not a date: "${text}"`);
    return new PlainDate(Number(year), Number(month), Number(day));
  }

  toString(): string {
    return `${pad(this.year, 4)}-${pad(this.month, 2)}-${pad(this.day, 2)}`;
  }

  toJSON(): string {
    return this.toString();
  }
}

/** A time of day with microseconds, possibly with an offset from UTC: Python's `datetime.time`. */
export class PlainTime {
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly microsecond: number;
  /** Such as `+00:00`, or `undefined` for a time without zone. */
  readonly offset: string | undefined;

  /** @throws {RangeError} when a part is out of its range */
  constructor(time: {
    hour: number;
    minute?: number;
    second?: number;
    microsecond?: number;
    offset?: string | undefined;
  }) {
    const { hour, minute = 0, second = 0, microsecond = 0, offset } = time;
    const parts = [hour, minute, second, microsecond];
    const limits = [23, 59, 59, 999_999];
    const isReal = parts.every(
      (part, index) => Number.isInteger(part) && part >= 0 && part <= (limits[index] ?? 0),
    );
    if (!isReal) throw new RangeError(`there is no time ${parts.join(":")}`);
    this.hour = hour;
    this.minute = minute;
    this.second = second;
    this.microsecond = microsecond;
    this.offset = offset === "Z" ? "+00:00" : offset;
    Object.freeze(this);
  }

  /** Reads `03:04:05.000060+01:00`; all behind the minutes may be missing. @throws {RangeError} */
  static parse(text: string): PlainTime {
    const [, hour, minute, second = "0", fraction = "", offset] = timeText.exec(text) ?? [];
    if (minute === undefined) throw new RangeError(`not a time: "${text}"`);
    return new PlainTime({
      hour: Number(hour),
      minute: Number(minute),
      second: Number(second),
      microsecond: Number(fraction.padEnd(6, "0")),
      offset,
    });
  }

  toString(): string {
    const fraction = this.microsecond === 0 ? "" : `.${pad(this.microsecond, 6)}`;
    return `${pad(this.hour, 2)}:${pad(this.minute, 2)}:${pad(this.second, 2)}${fraction}${this.offset ?? ""}`;
  }

  toJSON(): string {
    return this.toString();
  }
}

/** A decimal number kept as its text: Python's `Decimal`. Q only carries it; calculate with the library you like. */
export class Decimal {
  readonly text: string;

  /** @throws {RangeError} when Python's `Decimal` would not take the text */
  constructor(value: string | number | bigint) {
    const text = String(value);
    if (!decimalText.test(text)) throw new RangeError(`not a decimal number: "${text}"`);
    this.text = text;
    Object.freeze(this);
  }

  /** The nearest number; digits beyond about 15 are lost. */
  toNumber(): number {
    if (/inf/i.test(this.text)) return this.text.startsWith("-") ? -Infinity : Infinity;
    return Number(this.text);
  }

  toString(): string {
    return this.text;
  }

  toJSON(): string {
    return this.text;
  }
}

/** A UUID as a value of its own, so that Python receives a `uuid.UUID` and not text. */
export class Uuid {
  /** 32 lower-case digits without dashes. */
  readonly hex: string;

  /** Takes the digits with or without dashes, braces or `urn:uuid:`. @throws {RangeError} when they are not 32 */
  constructor(text: string) {
    const hex = text.replace(/^urn:uuid:|[{}-]/gi, "").toLowerCase();
    if (!/^[0-9a-f]{32}$/.test(hex)) throw new RangeError(`not a UUID: "${text}"`);
    this.hex = hex;
    Object.freeze(this);
  }

  toString(): string {
    return this.hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
  }

  toJSON(): string {
    return this.toString();
  }
}

function pad(value: number, width: number): string {
  return String(value).padStart(width, "0");
}
