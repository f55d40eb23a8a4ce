import type { Delivery, WireMessage } from "../../contracts.ts";
import type { MalformedMessageError } from "../../errors.ts";
import type { Envelope } from "./envelope.ts";

/** Slot of a delivery without a lease. */
export const NO_SLOT = -1;

/** Tag of an entry that was no message: the claim has parked it. */
export const PARKED_TAG = "parked";

/** A delivery with what its channel must know to settle it. */
export class RedisDelivery implements Delivery {
  readonly message: WireMessage;
  readonly queue: string;
  readonly exchange: string;
  readonly routingKey: string;
  readonly redelivered: boolean;
  readonly deliveryCount: undefined = undefined;
  readonly tag: string;
  readonly malformed: MalformedMessageError | undefined;
  readonly isParked: boolean;
  /** Its place among the renewed leases, or {@link NO_SLOT}. */
  readonly slot: number;
  /** The entry as it was in the list, kept until its consumer has had its look at it. */
  envelope: string | undefined;

  constructor(envelope: Envelope, from: { queue: string; tag: string; slot: number; text?: string }) {
    this.message = envelope.message;
    this.queue = from.queue;
    this.exchange = envelope.exchange;
    this.routingKey = envelope.routingKey;
    this.redelivered = envelope.redelivered;
    this.tag = from.tag;
    this.malformed = envelope.malformed;
    this.isParked = from.tag === PARKED_TAG;
    this.slot = from.slot;
    this.envelope = from.text;
  }
}
