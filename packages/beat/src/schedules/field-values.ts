import { CRON_FIELDS, type Cronspec, expandCronspec } from "./crontab-parser.ts";

/** Name of a field of a crontab. */
export type FieldName = keyof typeof CRON_FIELDS;

/** Specs that are remembered: there are few different ones, also among very many crontabs. */
const MAX_REMEMBERED = 2000;
const known = new Map<string, FieldValues>();

/** The numbers that a field of a crontab stands for, in ascending order. Crontabs with the same field share them. */
export class FieldValues {
  readonly values: readonly number[];
  /** By number: the first value at or after it, -1 when there is none. */
  readonly #next: readonly number[];

  private constructor(name: FieldName, spec: Cronspec) {
    const field = CRON_FIELDS[name];
    this.values = Object.freeze(expandCronspec(spec, field));
    this.#next = Array.from(
      { length: field.max + 1 },
      (_, from) => this.values.find((value) => value >= from) ?? -1,
    );
  }

  /** @throws {CrontabError} */
  static of(name: FieldName, spec: Cronspec): FieldValues {
    if (typeof spec === "object") return new FieldValues(name, spec);
    const key = `${name} ${typeof spec} ${spec}`;
    let found = known.get(key);
    if (found === undefined) {
      found = new FieldValues(name, spec);
      if (known.size >= MAX_REMEMBERED) known.clear();
      known.set(key, found);
    }
    return found;
  }

  get first(): number {
    return this.values[0] ?? 0;
  }

  has(number: number): boolean {
    return this.#next[number] === number;
  }

  /** The first value at or after a number; -1 when there is none. */
  next(from: number): number {
    return this.#next[from] ?? -1;
  }
}
