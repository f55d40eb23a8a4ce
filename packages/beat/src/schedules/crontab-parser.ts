import { CrontabError } from "../errors.ts";

/** Values of one field of a crontab: a number, an expression, or the numbers themselves. */
export type Cronspec = number | string | Iterable<number>;

/** Limits of a field. */
export interface CronField {
  readonly min: number;
  readonly max: number;
}

/** The fields in the order of a crontab line. Sunday is 0, and 7 is an error, as in Celery. */
export const CRON_FIELDS: Readonly<
  Record<"minute" | "hour" | "dayOfMonth" | "monthOfYear" | "dayOfWeek", CronField>
> = {
  minute: { min: 0, max: 59 },
  hour: { min: 0, max: 23 },
  dayOfMonth: { min: 1, max: 31 },
  monthOfYear: { min: 1, max: 12 },
  dayOfWeek: { min: 0, max: 6 },
};

const MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const WEEKDAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

/** Python's `\w`. */
const W = String.raw`[\p{L}\p{M}\p{N}_]`;
/** Patterns of Python's `re.match`: they look at the beginning only, so `1-5 foo` is the range. */
const RANGE_STEPS = new RegExp(`^(${W}+?)-(${W}+)/(${W}+)?`, "u");
const RANGE = new RegExp(`^(${W}+?)-(${W}+)`, "u");
const STAR_STEPS = new RegExp(String.raw`^\*/(${W}+)?`, "u");

/**
 * The numbers that a field stands for, in ascending order.
 *
 * @throws {CrontabError} with the text of Celery's exception
 * @see celery/schedules.py, crontab_parser
 */
export function expandCronspec(spec: Cronspec, field: CronField): readonly number[] {
  const values = new Set(typeof spec === "string" ? parseSpec(spec, field) : plainNumbers(spec));
  for (const value of values) {
    if (value >= field.min && value <= field.max) continue;
    throw new CrontabError(
      "ValueError",
      `Invalid crontab pattern.  Valid range is ${field.min}-${field.max}. '${value}' was found.`,
    );
  }
  return [...values].sort((a, b) => a - b);
}

function plainNumbers(spec: unknown): Iterable<number> {
  if (typeof spec === "boolean") return [Number(spec)];
  if (Number.isInteger(spec)) return [spec as number];
  const isIterable = typeof spec === "object" && spec !== null && Symbol.iterator in spec;
  if (!isIterable) {
    throw new CrontabError(
      "TypeError",
      `Argument cronspec needs to be of any of the following types: int, str, or an iterable type. ${pythonType(spec)} was given.`,
    );
  }
  const numbers = [...(spec as Iterable<unknown>)];
  // Celery takes fractions in a list and never fires them; a schedule that never comes is an error here.
  const wrong = numbers.find((one) => !Number.isInteger(one));
  if (wrong === undefined) return numbers as number[];
  throw new CrontabError(
    "TypeError",
    `a list in a crontab holds whole numbers only, not ${JSON.stringify(wrong)}`,
  );
}

function pythonType(value: unknown): string {
  if (value === null || value === undefined) return "<class 'NoneType'>";
  return `<class '${typeof value === "number" ? "float" : typeof value === "object" ? "dict" : typeof value}'>`;
}

function parseSpec(spec: string, field: CronField): number[] {
  return spec.split(",").flatMap((part) => {
    if (part === "") throw new CrontabError("ParseException", "empty part");
    return parsePart(part, field);
  });
}

function parsePart(part: string, field: CronField): readonly number[] {
  const rangeSteps = RANGE_STEPS.exec(part);
  if (rangeSteps) {
    const [, from = "", to = "", step] = rangeSteps;
    if (step === undefined) throw new CrontabError("ParseException", "empty filter");
    return everyNth(range(from, to, field), step);
  }
  const plainRange = RANGE.exec(part);
  if (plainRange) return range(plainRange[1] ?? "", plainRange[2] ?? "", field);
  const starSteps = STAR_STEPS.exec(part);
  if (starSteps) {
    const step = starSteps[1];
    if (step === undefined) throw new CrontabError("ParseException", "empty filter");
    return everyNth(numbers(field.min, field.max), step);
  }
  // `$` of Python also matches before a final line break.
  if (part === "*" || part === "*\n") return numbers(field.min, field.max);
  return [number(part, field)];
}

function numbers(from: number, to: number): number[] {
  return Array.from({ length: Math.max(0, to - from + 1) }, (_, index) => from + index);
}

/** `22-2` goes over the end: 22, 23, 0, 1, 2. */
function range(from: string, to: string, field: CronField): number[] {
  const [low, high] = [number(from, field), number(to, field)];
  if (high >= low) return numbers(low, high);
  return [...numbers(low, field.max), ...numbers(field.min, high)];
}

/** Every n-th of the list, counted from its beginning: `*` with a step of 2 of the days of a month is 1, 3, 5 and so on. */
function everyNth(list: readonly number[], text: string): readonly number[] {
  const step = pythonInt(text);
  if (step === undefined)
    throw new CrontabError("ValueError", `invalid literal for int() with base 10: ${pythonQuote(text)}`);
  if (step === 0) throw new CrontabError("ValueError", "slice step cannot be zero");
  return list.filter((_, index) => index % step === 0);
}

function number(text: string, { min, max }: CronField): number {
  if (text.startsWith("-")) throw new CrontabError("ParseException", "negative numbers not supported");
  const value = pythonInt(text) ?? named(text);
  if (value === undefined)
    throw new CrontabError("ValueError", `Invalid weekday literal ${pythonQuote(text)}.`);
  if (value > max) throw new CrontabError("ValueError", `Invalid end range: ${value} > ${max}.`);
  if (value < min) throw new CrontabError("ValueError", `Invalid beginning range: ${value} < ${min}.`);
  return value;
}

/** Three letters are enough, in any field, and months come first: `mar` is 3 also where a weekday is wanted. */
function named(text: string): number | undefined {
  const key = text.slice(0, 3).toLowerCase();
  const month = MONTHS.indexOf(key);
  if (month >= 0) return month + 1;
  const day = WEEKDAYS.indexOf(key);
  return day >= 0 ? day : undefined;
}

/** Python's `int()`: signs, blanks around, single underscores between digits, digits of every script. */
function pythonInt(text: string): number | undefined {
  const match = /^([+-]?)(\p{Nd}(?:_?\p{Nd})*)$/u.exec(text.trim());
  if (!match) return undefined;
  const digits = Array.from((match[2] ?? "").replaceAll("_", ""), digitValue).join("");
  return Number(`${match[1]}${digits}`);
}

/** Decimal digits come in runs of ten that begin at a zero. */
function digitValue(digit: string): number {
  const code = digit.codePointAt(0) ?? 0;
  if (code < 128) return code - 48;
  let value = 0;
  while (value < 9 && /\p{Nd}/u.test(String.fromCodePoint(code - value - 1))) value++;
  return value;
}

function pythonQuote(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  const escaped = text
    .replaceAll("\\", "\\\\")
    .replaceAll("\t", "\\t")
    .replaceAll("\n", "\\n")
    .replaceAll("\r", "\\r");
  return `${quote}${quote === "'" ? escaped.replaceAll("'", "\\'") : escaped}${quote}`;
}
