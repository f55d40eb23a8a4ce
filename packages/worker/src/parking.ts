import { QError } from "@q/kernel";
import { type Delivery, type Producer, Queue } from "@q/messaging";

/** Suffix of the queue that keeps messages which could not be used. */
export const PARKED_SUFFIX = ".parked";

/** Publishes a message as it came, with the reason in its headers, to the parking queue of its queue. */
export async function parkMessage(producer: Producer, delivery: Delivery, error: Error): Promise<void> {
  const queue = new Queue(`${delivery.queue}${PARKED_SUFFIX}`);
  const { message } = delivery;
  const reason = { "x-q-reason": QError.is(error) ? error.code : error.name, "x-q-error": error.message };
  await producer.publish(
    { ...message, headers: { ...message.headers, ...reason } },
    { exchange: "", routingKey: queue.name },
    { declare: [queue] },
  );
}
