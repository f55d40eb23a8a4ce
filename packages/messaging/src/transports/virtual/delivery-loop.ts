import type { Delivery } from "../../contracts.ts";
import type { WakeUp } from "./wake-up.ts";

/** What a {@link deliveryLoop} is made of. */
export interface DeliveryLoopOptions {
  /** How many deliveries fit into the prefetch window now. */
  readonly room: () => number;
  /** Takes at most `limit` messages; an empty batch means to wait for `wake`. Takes nothing once `signal` has aborted. */
  readonly claim: (limit: number) => Promise<readonly Delivery[]>;
  /** Notified when a message arrives or the window widens. */
  readonly wake: WakeUp;
  readonly maxBatch: number;
  readonly signal: AbortSignal;
}

/** The loop of every virtual transport that is told about new messages: claim, yield, and wait when there is nothing. */
export async function* deliveryLoop(options: DeliveryLoopOptions): AsyncGenerator<readonly Delivery[], void> {
  const { room, claim, wake, maxBatch, signal } = options;
  while (!signal.aborted) {
    wake.reset();
    const limit = Math.min(room(), maxBatch);
    const batch = limit > 0 ? await claim(limit) : [];
    if (batch.length > 0) yield batch;
    // Less than asked for means that nothing was left: looking again would only delay what the batch caused.
    if (batch.length === 0 || batch.length < limit) await wake.wait(signal);
  }
}
