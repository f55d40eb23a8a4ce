import { asError, QError } from "@q/kernel";
import { isFinalError } from "../connection/final-error.ts";
import type { Address, WireMessage } from "../contracts.ts";
import { PublishError } from "../errors.ts";
import type { Expiring } from "./deadlines.ts";
import type { ProducerLink } from "./producer-link.ts";
import type { PublishOptions } from "./publish-options.ts";

/** Codes of failures that another attempt, over a new channel, may well survive. */
const RETRYABLE_CODES: ReadonlySet<string> = new Set([
  "ERR_Q_CHANNEL",
  "ERR_Q_CONNECTION",
  "ERR_Q_PUBLISH",
  "ERR_Q_QUEUE_NOT_FOUND",
  "ERR_Q_TIMEOUT",
]);

/** One call of `publish`, from the call to its settlement, over all its attempts. */
export class PendingPublish implements Expiring {
  readonly message: WireMessage;
  readonly to: Address;
  readonly options: PublishOptions;
  resolve!: () => void;
  reject!: (reason: unknown) => void;
  deadlineMs: number = Infinity;
  /** Changes whenever an attempt begins or ends: what comes in from an attempt with another number is late. */
  attempt: number = 0;
  retries: number = 0;
  hasSlot: boolean = false;
  isSettled: boolean = false;
  /** The link of the current attempt, once it has one. */
  link: ProducerLink | undefined = undefined;
  /** The channel of the current attempt has been given the message. */
  isHandedOver: boolean = false;
  /** No attempt so far can have put the message on the broker: `no`. */
  sent: "no" | "unknown" = "no";
  onAbort: (() => void) | undefined = undefined;

  isTracked: boolean = false;
  previous: this | undefined = undefined;
  next: this | undefined = undefined;

  constructor(message: WireMessage, to: Address, options: PublishOptions) {
    this.message = message;
    this.to = to;
    this.options = options;
  }

  /** Ends the current attempt and keeps in mind whether the broker may have the message. */
  failAttempt(error: unknown): void {
    // Other errors than the broker's come from building the frames, before anything is sent.
    const mayBeSent =
      error instanceof PublishError ? error.sent === "unknown" : this.isHandedOver && isRetryable(error);
    if (mayBeSent) this.sent = "unknown";
    this.attempt++;
    this.deadlineMs = Infinity;
    this.link = undefined;
    this.isHandedOver = false;
  }

  /** What the caller is told after the last attempt failed with `thrown`. */
  failure(thrown: unknown): Error {
    const error = asError(thrown);
    if (error instanceof PublishError && error.sent === this.sent) return error;
    if (this.sent === "no" && !isRetryable(error)) return error;
    const { exchange, routingKey } = this.to;
    const fate = this.sent === "no" ? "was not published" : "may or may not have been published";
    return new PublishError(
      `The message to exchange "${exchange}" with routing key "${routingKey}" ${fate} (attempt ${this.retries + 1}): ` +
        `${error.message.replace(/(?<![.?!])$/, ".")} Check the broker, then publish again with the same id.`,
      { sent: this.sent, cause: error },
    );
  }
}

/** Only failures of the broker are retried; a mistake of the caller stays one. */
export function isRetryable(error: unknown): boolean {
  return QError.is(error) && RETRYABLE_CODES.has(error.code) && !isFinalError(error);
}
