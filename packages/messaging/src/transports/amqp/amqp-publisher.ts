import { asError, type Cancel } from "@q/kernel";
import type { Address, WireMessage } from "../../contracts.ts";
import { PublishError } from "../../errors.ts";
import type { DriverChannel, DriverConfirmChannel } from "./amqp-driver.ts";
import { type FailedOperation, replyCode } from "./amqp-errors.ts";
import { toDriver } from "./amqp-properties.ts";
import type { AmqpSession } from "./amqp-session.ts";
import { type MandatoryMessage, MandatoryReturns } from "./mandatory-returns.ts";

/** Class and method number of `basic.publish`, as the broker names the method that made it close a channel. */
const BASIC_PUBLISH = { classId: 60, methodId: 40 } as const;

/** A message that may not be written yet. */
interface Waiting {
  readonly message: WireMessage;
  readonly to: Address;
  readonly resolve: () => void;
  readonly reject: (error: PublishError) => void;
  readonly sinceMs: number;
}

/** The broker's answer to one message, or the end of waiting for it. */
interface Confirmation {
  readonly error: Error | null;
  readonly returned: MandatoryMessage | undefined;
}

/** What is known of the driver's channel while it is in use. */
interface OpenChannel {
  readonly driver: DriverChannel | DriverConfirmChannel;
  readonly returns: MandatoryReturns;
  /** Written and not yet confirmed. */
  unconfirmed: number;
  closed: boolean;
  error: Error | undefined;
}

/**
 * Publishes on an AMQP channel of its own, so that what the broker dislikes about a message ends no consumer.
 *
 * States: *closed* (nothing published yet, or the broker closed the channel), *opening*, *flowing* (messages are
 * written as they come) and *holding* (the broker is out of memory, the socket is full or too much is unconfirmed).
 * Messages wait in order in all states but *flowing*. The next publish after *closed* opens a new channel.
 */
export class AmqpPublisher {
  readonly #session: AmqpSession;
  readonly #stopListening: () => void;
  #open: OpenChannel | undefined;
  #isOpening = false;
  #socketFull = false;
  #waiting: Waiting[] = [];
  #cancelTimeout: Cancel | undefined;
  #idle: (() => void) | undefined;
  #ended = false;

  constructor(session: AmqpSession) {
    this.#session = session;
    this.#stopListening = session.onUnblocked(() => this.#pump());
  }

  /** @throws {PublishError} */
  publish(message: WireMessage, to: Address): Promise<void> {
    return new Promise((resolve, reject) => {
      const open = this.#open;
      if (open !== undefined && !this.#ended && this.#waiting.length === 0 && this.#isFlowing(open)) {
        this.#write(open, { message, to, resolve, reject, sinceMs: 0 });
      } else this.#hold({ message, to, resolve, reject, sinceMs: this.#session.clock.monotonic() });
    });
  }

  /** Waits for what is under way, for at most `timeoutMs`, and closes the channel. */
  async close(timeoutMs: number): Promise<void> {
    this.#ended = true;
    this.#stopListening();
    await this.#drained(timeoutMs);
    this.#cancelTimeout?.();
    this.#rejectWaiting(
      new PublishError("the channel was closed before the message was sent.", { sent: "no" }),
    );
    const driver = this.#open?.driver;
    if (driver === undefined) return;
    await this.#session
      .request<void>({ what: "closing a channel" }, (done) => driver.close(() => done(null)))
      .catch(() => {});
  }

  #isFlowing(open: OpenChannel): boolean {
    const { isBlocked, options } = this.#session;
    return !this.#socketFull && !isBlocked && open.unconfirmed < options.maxUnconfirmed;
  }

  #hold(waiting: Waiting): void {
    if (this.#ended) {
      return waiting.reject(new PublishError("the channel is closed. Open another one.", { sent: "no" }));
    }
    this.#waiting.push(waiting);
    this.#watchTimeout();
    if (this.#open !== undefined) return;
    if (!this.#isOpening) void this.#openChannel();
  }

  /** Never rejects: a failure is the failure of every message that waits. */
  async #openChannel(): Promise<void> {
    this.#isOpening = true;
    try {
      const { options } = this.#session;
      this.#attach(
        await (options.confirmPublish
          ? this.#session.openDriverConfirmChannel()
          : this.#session.openDriverChannel()),
      );
      this.#isOpening = false;
      this.#pump();
    } catch (error) {
      this.#isOpening = false;
      const cause = this.#session.explain(error, { what: "opening a channel" });
      this.#rejectWaiting(
        new PublishError(`the message was not sent: ${cause.message}`, { sent: "no", cause }),
      );
    }
  }

  #attach(driver: DriverChannel | DriverConfirmChannel): void {
    const open: OpenChannel = {
      driver,
      returns: new MandatoryReturns(),
      unconfirmed: 0,
      closed: false,
      error: undefined,
    };
    this.#open = open;
    this.#socketFull = false;
    driver.on("error", (error) => (open.error = error));
    driver.on("return", (returned) => open.returns.enter(returned));
    driver.on("drain", () => {
      this.#socketFull = false;
      this.#pump();
    });
    // Before the driver's own listener, which fails every unconfirmed message.
    driver.prependListener("close", () => {
      open.closed = true;
      if (this.#open === open) this.#open = undefined;
    });
    driver.on("close", () => queueMicrotask(() => this.#afterClose(open)));
  }

  #write(open: OpenChannel, waiting: Waiting): void {
    open.unconfirmed++;
    try {
      const { message, to, resolve } = waiting;
      const options = toDriver(message);
      const { driver, returns } = open;
      let isRoom: boolean;
      if (this.#session.options.confirmPublish) {
        const returned = options.mandatory === true ? returns.expect(message, to) : undefined;
        const confirmed = (error: Error | null): void => this.#confirmed(open, waiting, { error, returned });
        isRoom = (driver as DriverConfirmChannel).publish(
          to.exchange,
          to.routingKey,
          message.body,
          options,
          confirmed,
        );
      } else {
        isRoom = driver.publish(to.exchange, to.routingKey, message.body, options);
        open.unconfirmed--;
        resolve();
      }
      if (!isRoom) this.#socketFull = true;
    } catch (error) {
      // The driver encodes a message completely before it writes any of it.
      open.unconfirmed--;
      const cause = asError(error);
      waiting.reject(
        new PublishError(`the message cannot be sent as it is: ${cause.message}`, { sent: "no", cause }),
      );
    }
  }

  #confirmed(open: OpenChannel, { to, resolve, reject }: Waiting, { error, returned }: Confirmation): void {
    const isAlone = open.unconfirmed-- === 1;
    if (returned !== undefined) open.returns.forget(returned);
    // When the connection is lost the driver closes its channels first, and says so afterwards.
    if (error !== null) queueMicrotask(() => reject(this.#failure(open, error, isAlone)));
    else if (returned?.isReturned) reject(unroutable(to));
    else resolve();
    if (this.#waiting.length > 0) this.#pump();
    else if (open.unconfirmed === 0) this.#idle?.();
  }

  #failure(open: OpenChannel, error: Error, isAlone: boolean): PublishError {
    if (!open.closed) {
      const text = "the broker did not accept the message. Its queue may be full, or have no leader.";
      return new PublishError(text, { sent: "no", cause: error });
    }
    const operation: FailedOperation = { what: "publishing" };
    const cause = this.#session.explain(open.error ?? error, operation);
    // The broker names the method it objects to, not the message: with one under way there is no doubt.
    const isRefused = isAlone && open.error !== undefined && isPublishRefusal(open.error);
    return new PublishError(`the message was not confirmed: ${cause.message}`, {
      sent: isRefused ? "no" : "unknown",
      cause,
    });
  }

  #pump(): void {
    const open = this.#open;
    if (open === undefined) return;
    let next = 0;
    while (next < this.#waiting.length && this.#isFlowing(open))
      this.#write(open, this.#waiting[next++] as Waiting);
    if (next > 0) this.#waiting.splice(0, next);
    this.#watchTimeout();
    if (this.#waiting.length === 0 && open.unconfirmed === 0) this.#idle?.();
  }

  #afterClose(open: OpenChannel): void {
    this.#idle?.();
    if (this.#waiting.length === 0) return;
    const cause = this.#session.explain(open.error ?? new Error("channel closed"), { what: "publishing" });
    this.#rejectWaiting(
      new PublishError(`the message was not sent: ${cause.message}`, { sent: "no", cause }),
    );
  }

  #rejectWaiting(error: PublishError): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const { reject } of waiting) reject(error);
    this.#idle?.();
  }

  /** Keeps one timer, for the message that waits longest. */
  #watchTimeout(): void {
    const { clock, options } = this.#session;
    const oldest = this.#waiting[0];
    if (oldest === undefined) {
      this.#cancelTimeout?.();
      this.#cancelTimeout = undefined;
    } else if (options.writeTimeout !== undefined && this.#cancelTimeout === undefined) {
      const limitMs = options.writeTimeout * 1000;
      this.#cancelTimeout = clock.schedule(oldest.sinceMs + limitMs - clock.monotonic(), () => {
        this.#cancelTimeout = undefined;
        const late = this.#waiting.filter(({ sinceMs }) => clock.monotonic() - sinceMs >= limitMs);
        this.#waiting = this.#waiting.slice(late.length);
        const text =
          "the message was not sent within write_timeout: the broker takes no messages at present.";
        for (const { reject } of late) reject(new PublishError(text, { sent: "no" }));
        this.#watchTimeout();
      });
    }
  }

  #drained(timeoutMs: number): Promise<void> {
    if (this.#waiting.length === 0 && (this.#open?.unconfirmed ?? 0) === 0) return Promise.resolve();
    return new Promise((resolve) => {
      const cancel = this.#session.clock.schedule(timeoutMs, resolve);
      this.#idle = () => {
        cancel();
        resolve();
      };
    });
  }
}

function isPublishRefusal(error: Error): boolean {
  const { classId, methodId } = error as { classId?: unknown; methodId?: unknown };
  return (
    replyCode(error) !== undefined && classId === BASIC_PUBLISH.classId && methodId === BASIC_PUBLISH.methodId
  );
}

function unroutable(to: Address): PublishError {
  const text = `no queue takes messages for "${to.routingKey}" from exchange "${to.exchange}". Declare and bind one.`;
  return new PublishError(text, { sent: "no" });
}
