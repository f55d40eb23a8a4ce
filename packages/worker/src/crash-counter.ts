import { QError } from "@q/kernel";
import type { Delivery, Producer, WireMessage } from "@q/messaging";
import { BROKER_HEADERS } from "./broker-headers.ts";

/** Header that counts how often the task of a message has ended its executor. */
const CRASHES_HEADER = "x-q-crashes";

/** A task has ended its executor, or run out of time, so often that it is not run again. */
export class CrashLimitError extends QError {
  readonly code = "ERR_Q_CRASH_LIMIT";
  readonly crashes: number;

  constructor(crashes: number, cause: Error) {
    super(
      `the task has ended its executor ${crashes} times and is not run again. Its message is parked. ` +
        `The last time: ${cause.message}`,
      { cause },
    );
    this.crashes = crashes;
  }
}

/** How often the task of this message has ended its executor so far. */
export function crashesOf(message: WireMessage): number {
  const count = message.headers[CRASHES_HEADER];
  return typeof count === "number" && count > 0 ? count : 0;
}

/**
 * Gives a message back to its queue with one crash more on its account: a copy is published, and when the broker owns
 * that, the caller acknowledges the original. Headers are the one place that every broker keeps, that all workers of a
 * fleet read, and that goes away with the message. Between both steps a crash of ours leaves two: late acknowledgement
 * means at least once.
 */
export async function giveBackCounted(
  producer: Producer,
  from: { readonly delivery: Delivery; readonly message: WireMessage; readonly crashes: number },
): Promise<void> {
  const { delivery, message, crashes } = from;
  const kept = Object.entries(message.headers).filter(([name]) => !BROKER_HEADERS.test(name));
  await producer.publish(
    { ...message, headers: { ...Object.fromEntries(kept), [CRASHES_HEADER]: crashes } },
    { exchange: "", routingKey: delivery.queue },
  );
}
