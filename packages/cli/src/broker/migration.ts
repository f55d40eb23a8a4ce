import type { Channel, Delivery, Producer } from "@q/messaging";

/** What a {@link migrate} takes and how it ends. */
export interface MigrationOptions {
  /** Queue of the source by queue of the destination. */
  readonly queues: ReadonlyMap<string, string>;
  /** Names of tasks; others stay. Undefined: all, also messages that are no tasks. */
  readonly tasks: ReadonlySet<string> | undefined;
  /** Messages at most. */
  readonly limit: number;
  /** Remove from the source what the destination has confirmed. Otherwise it is copied. */
  readonly removes: boolean;
  /** Milliseconds without a message after which it ends. */
  readonly idleMs: number;
  readonly signal: AbortSignal;
  readonly onMigrated: (delivery: Delivery, count: number) => void;
}

/** How many messages went, and how many were looked at and left. */
export interface MigrationReport {
  readonly migrated: number;
  readonly left: number;
}

/** Messages fetched ahead while they are removed; what is only copied is held to the end, so that nothing comes twice. */
const PREFETCH = 200;

/**
 * Moves or copies waiting messages as they are: body, headers and properties stay. At least once: a message leaves the
 * source after the destination has confirmed it. What is not removed goes back to its queue, marked as redelivered.
 *
 * @see celery/contrib/migrate.py
 */
export async function migrate(
  source: Channel,
  destination: Producer,
  options: MigrationOptions,
): Promise<MigrationReport> {
  const idle = new AbortController();
  const timer = setTimeout(() => idle.abort(), options.idleMs);
  const signal = AbortSignal.any([idle.signal, options.signal]);
  const prefetch = options.removes ? Math.min(PREFETCH, options.limit) : Infinity;
  let migrated = 0;
  let left = 0;
  try {
    for await (const batch of source.consume([...options.queues.keys()], { prefetch, signal })) {
      const wanted = batch
        .filter((delivery) => isWanted(delivery, options))
        .slice(0, options.limit - migrated);
      left += batch.length - wanted.length;
      await Promise.all(
        wanted.map((delivery) => destination.publish(delivery.message, addressOf(delivery, options))),
      );
      for (const delivery of wanted) {
        if (options.removes) source.settle(delivery, "ack");
        options.onMigrated(delivery, ++migrated);
      }
      if (migrated >= options.limit) break;
      timer.refresh();
    }
    await source.flush();
  } finally {
    clearTimeout(timer);
  }
  return { migrated, left };
}

function isWanted({ message, malformed }: Delivery, { tasks }: MigrationOptions): boolean {
  if (malformed !== undefined) return false;
  const { task } = message.headers;
  return tasks === undefined || (typeof task === "string" && tasks.has(task));
}

/** Straight into the queue: through its exchange it would reach every other queue that is bound there, again. */
function addressOf(
  { queue }: Delivery,
  { queues }: MigrationOptions,
): { exchange: string; routingKey: string } {
  return { exchange: "", routingKey: queues.get(queue) ?? queue };
}
