/** kombu's default steps: priorities 0-2, 3-5, 6-8 and 9 share a level each, 0 being the most urgent. */
export const defaultPrioritySteps: readonly number[] = [0, 3, 6, 9];

const MAX_PRIORITY = 9;

/**
 * The level at which a message of that priority waits: clamped to 0..9, then the highest step not above it.
 * What is not a number counts as 0.
 *
 * @param steps ascending
 * @see kombu/transport/virtual/base.py, `_get_message_priority`; kombu/transport/redis.py, `priority`
 */
export function priorityStep(priority: unknown, steps: readonly number[] = defaultPrioritySteps): number {
  const wanted = Math.max(0, Math.min(MAX_PRIORITY, integerOf(priority)));
  return steps.findLast((step) => step <= wanted) ?? steps.at(-1) ?? 0;
}

/** Python's `int()`, with 0 for what it refuses. */
function integerOf(value: unknown): number {
  if (typeof value === "boolean") return Number(value);
  if (typeof value === "string") return /^\s*[+-]?\d+\s*$/.test(value) ? Number(value) : 0;
  return typeof value === "number" && !Number.isNaN(value) ? Math.trunc(value) : 0;
}
