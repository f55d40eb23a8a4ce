import { describe, expect, it } from "vitest";
import { CrontabError } from "../errors.ts";
import { vectors } from "../testing/vectors.fixture.ts";
import { crontabFromString } from "./crontab.ts";
import { CRON_FIELDS, type CronField, type Cronspec, expandCronspec } from "./crontab-parser.ts";

type Outcome = readonly number[] | readonly [kind: string, message: string];
type ParseCase = { readonly s: string } & Readonly<Record<string, Outcome>>;
interface LineCase {
  readonly s: string;
  readonly repr?: string;
  readonly error?: Outcome;
}
interface ParseVectors {
  readonly cases: readonly ParseCase[];
  readonly typed_minute_arguments: readonly { readonly v: Cronspec; readonly minute: Outcome }[];
  readonly from_string: readonly LineCase[];
}

const recorded = vectors<ParseVectors>("crontab_parse");
const FIELDS = {
  minute: CRON_FIELDS.minute,
  hour: CRON_FIELDS.hour,
  day_of_week: CRON_FIELDS.dayOfWeek,
  day_of_month: CRON_FIELDS.dayOfMonth,
  month_of_year: CRON_FIELDS.monthOfYear,
};

function outcome<TValue>(read: () => TValue): TValue | [string, string] {
  try {
    return read();
  } catch (error) {
    if (error instanceof CrontabError) return [error.kind, error.message];
    throw error;
  }
}

const expand = (spec: Cronspec, field: CronField): unknown => outcome(() => expandCronspec(spec, field));

describe("crontab expressions", () => {
  it("has recorded cases", () => {
    expect(recorded.cases.length).toBeGreaterThan(350);
  });

  it.each(Object.entries(FIELDS))("reads %s as Celery does, and fails with its words", (name, field) => {
    const own = recorded.cases.map(({ s }) => [s, expand(s, field)]);
    expect(own).toEqual(recorded.cases.map((one) => [one.s, one[name]]));
  });

  it.each(recorded.typed_minute_arguments.filter(({ v }) => !Array.isArray(v) || v.every(Number.isInteger)))(
    "takes $v for a minute as Celery does",
    ({ v, minute }) => {
      // Python's True is 1.
      expect(expand(v, CRON_FIELDS.minute)).toEqual((v as unknown) === true ? [1] : minute);
    },
  );

  it.each([[["1", 2]], [[1.5]]])("refuses %j, which in Celery breaks late or never fires", (spec) => {
    expect(expand(spec as number[], CRON_FIELDS.minute)).toEqual([
      "TypeError",
      expect.stringMatching(/whole numbers/),
    ]);
  });

  it.each(recorded.from_string)("reads the line $s as Celery does", ({ s, repr, error }) => {
    expect(outcome(() => crontabFromString(s).toString())).toEqual(error ?? repr);
  });
});
