/**
 * Moves the queues up to the last served one to the end, so that the next look for messages starts behind it.
 *
 * @see kombu/utils/scheduling.py, round_robin_cycle
 */
export function rotatePast(cycle: string[], served: string | undefined): void {
  const index = served === undefined ? -1 : cycle.indexOf(served);
  cycle.push(...cycle.splice(0, index + 1));
}
