import { readFileSync } from "node:fs";

/** An odd envelope and what a Python worker did with it. */
export interface ToleranceCase {
  readonly name: string;
  /** Entry of the Redis list. */
  readonly entry: string;
  /** Results that Python stored, as text that may be cut off, by their key. */
  readonly metas: Readonly<Record<string, string>>;
  readonly received: boolean;
  readonly log: readonly string[];
  readonly worker_alive: boolean;
}

const read = (file: string): unknown =>
  JSON.parse(readFileSync(new URL(`../vectors/${file}`, import.meta.url), "utf8"));

export const toleranceCases: readonly ToleranceCase[] = (
  read("tolerance_redis.json") as { cases: ToleranceCase[] }
).cases;

/** Id of the task that an envelope is about; what names none has a number of its own. */
export function taskId(index: number): string {
  return `tol-${String(index).padStart(3, "0")}`;
}

/** List entries that Python clients have written. */
export const realEntries: readonly string[] = (
  read("messages_redis.json") as { cases: { redis: Record<string, unknown> }[] }
).cases.flatMap(({ redis }) => Object.values(redis).filter(Array.isArray).flat() as string[]);
