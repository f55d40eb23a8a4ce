import { execFile } from "node:child_process";
import { join } from "node:path";
import { crontab, type CrontabOptions, isDue, remainingEstimate, ScheduleError } from "@q/beat";
import { expect, it } from "vitest";
import { celeryVenv } from "../harness/celery-venv.ts";
import { pythonFolder, requires, type SeededRandom, seededRandom } from "../harness/index.ts";

/** 10,000 were run by hand: `Q_TEST_FULL=1`. */
const CASES = process.env["Q_TEST_FULL"] === "1" ? 10_000 : 600;

const ZONES = [
  "UTC",
  "Europe/Berlin",
  "America/New_York",
  "America/Sao_Paulo",
  "Australia/Lord_Howe",
  "Asia/Kathmandu",
];

interface Case {
  readonly tz: string;
  readonly f: readonly (string | number)[];
  readonly last: number;
  readonly now: number;
}

interface Answer {
  readonly never?: true;
  readonly remaining: number;
  readonly isDue: boolean;
  readonly next: number;
  readonly sameDay: boolean;
  readonly nearChange: boolean;
}

function randomField(random: SeededRandom, [min, max]: readonly [number, number]): string | number {
  const value = (): number => random.int(min, max);
  const kinds: (() => string | number)[] = [
    () => "*",
    () => "*",
    value,
    () => `*/${random.int(1, 9)}`,
    () => `${value()}-${value()}`,
    () => `${value()}-${value()}/${random.int(1, 4)}`,
    () => `${value()},${value()},*/${random.int(5, 20)}`,
  ];
  return (kinds[random.int(0, kinds.length - 1)] as () => string | number)();
}

function randomCase(random: SeededRandom): Case {
  const limits = [
    [0, 59],
    [0, 23],
    [0, 6],
    [1, 31],
    [1, 12],
  ] as const;
  const f = limits.map((limit, index) =>
    index > 1 && random.int(0, 2) > 0 ? "*" : randomField(random, limit),
  );
  const last = Date.parse("2022-01-01T00:00:00Z") + random.int(0, 6 * 365 * 86_400) * 1000;
  const gap = [120, 7200, 3 * 86_400, 40 * 86_400][random.int(0, 3)] as number;
  return {
    tz: ZONES[random.int(0, ZONES.length - 1)] as string,
    f,
    last,
    now: last + random.int(0, gap) * 1000,
  };
}

async function celerysAnswers(cases: readonly Case[]): Promise<Answer[]> {
  const python = await celeryVenv();
  return new Promise((resolve, reject) => {
    const options = { maxBuffer: 2 ** 26, timeout: 300_000 };
    const child = execFile(python, [join(pythonFolder, "schedules.py")], options, (error, output) => {
      if (error) reject(error);
      else
        resolve(
          output
            .trim()
            .split("\n")
            .map((line) => JSON.parse(line) as Answer),
        );
    });
    child.stdin?.end(cases.map((one) => `${JSON.stringify(one)}\n`).join(""));
  });
}

/** Whether the date never comes, which Celery finds out when it looks for it. */
function isRefused(fields: CrontabOptions): boolean {
  try {
    crontab(fields);
    return false;
  } catch (error) {
    return error instanceof ScheduleError;
  }
}

/** `same`, or in which of its ways Celery differs. */
function compare({ tz, f, last, now }: Case, answer: Answer): string {
  const [minute = "*", hour = "*", dayOfWeek = "*", dayOfMonth = "*", monthOfYear = "*"] = f;
  const fields = { minute, hour, dayOfWeek, dayOfMonth, monthOfYear };
  if (answer.never === true) {
    return isRefused(fields) ? "same" : `unexplained: ${JSON.stringify(f)} never comes`;
  }
  const options = { lastRunAt: last, now, timeZone: tz };
  const remaining = remainingEstimate(crontab(fields), options);
  const due = isDue(crontab(fields), options);
  const isSame = due.isDue === answer.isDue && due.next === answer.next;
  if (isSame && remaining === answer.remaining) return "same";
  if (isSame && remaining <= 0 && !answer.sameDay) return "same, but for how late it is";
  if (answer.nearChange) return "the clock was changed";
  if (!answer.sameDay && remaining <= 0 && answer.remaining > 0) return "forgot the rest of the hour";
  return `unexplained: ${JSON.stringify({ tz, f, last, now, answer, remaining, due })}`;
}

requires("python")("crontabs beside Celery's", () => {
  it(
    "agrees on random cases, but for changes of the clock and what Celery forgets",
    { timeout: 400_000 },
    async () => {
      const random = seededRandom();
      const cases = Array.from({ length: CASES }, () => randomCase(random));
      const answers = await celerysAnswers(cases);
      const counts = new Map<string, number>();
      cases.forEach((one, index) => {
        const found = compare(one, answers[index] as Answer);
        counts.set(found, (counts.get(found) ?? 0) + 1);
      });
      process.stdout.write(`${JSON.stringify(Object.fromEntries(counts))}\n`);
      const unexplained = [...counts.keys()].filter((kind) => kind.startsWith("unexplained"));
      expect(unexplained, `seed ${random.seed}`).toEqual([]);
      expect(counts.get("same")).toBeGreaterThan(CASES * 0.8);
      expect(counts.get("the clock was changed") ?? 0).toBeLessThan(CASES * 0.02);
    },
  );
});
