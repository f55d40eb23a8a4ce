/** A consumer of one queue and the most deliveries that it may have unsettled. */
export interface LimitedConsumer {
  readonly tag: string;
  readonly limit: number;
}

/** What has to happen so that the consumers of one queue together reach a limit. */
export interface LimitChange {
  /** Limit of the consumer to add; `undefined` when none is needed. */
  readonly add: number | undefined;
  /** Consumers to cancel, after the addition: a queue without consumers may be deleted by the broker. */
  readonly cancel: readonly LimitedConsumer[];
}

/**
 * How to change the prefetch of a queue that limits each consumer for itself, and only from its beginning: growth adds
 * a consumer for the difference, shrinking cancels the youngest. `Infinity` means no limit.
 */
export function changeOfLimit(consumers: readonly LimitedConsumer[], target: number): LimitChange {
  const kept = [...consumers];
  const cancel: LimitedConsumer[] = [];
  while (total(kept) > target) cancel.push(kept.pop() as LimitedConsumer);
  const missing = target === Infinity && total(kept) === Infinity ? 0 : target - total(kept);
  return { add: missing > 0 ? missing : undefined, cancel };
}

/** Share of one queue in the prefetch of a channel that consumes several. At least 1. */
export function shareOf(prefetch: number, queues: number): number {
  return Math.max(1, Math.floor(prefetch / queues));
}

function total(consumers: readonly LimitedConsumer[]): number {
  return consumers.reduce((sum, { limit }) => sum + limit, 0);
}
