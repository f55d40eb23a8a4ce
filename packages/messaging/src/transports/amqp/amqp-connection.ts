import {
  asError,
  type Clock,
  ClosedError,
  deferred,
  type Deferred,
  type Logger,
  type QError,
} from "@q/kernel";
import type { TransportConnection } from "../../contracts.ts";
import { ConnectionError } from "../../errors.ts";
import { AmqpChannel } from "./amqp-channel.ts";
import {
  type DriverChannel,
  type DriverConfirmChannel,
  type DriverConnection,
  request,
} from "./amqp-driver.ts";
import { channelFailure, type FailedOperation } from "./amqp-errors.ts";
import type { AmqpOptions } from "./amqp-options.ts";
import type { AmqpSession } from "./amqp-session.ts";
import { Declarations } from "./declarations.ts";
import { DriverSocket } from "./driver-socket.ts";
import { tolerateForeignTypes } from "./frame-repair.ts";

/** Time for the channels to end and for the closing handshake; then the socket is destroyed. */
const CLOSE_TIMEOUT_MS = 3000;

/** What a connection is made with besides the driver's connection. */
export interface AmqpConnectionContext {
  readonly options: AmqpOptions;
  readonly logger: Logger;
  readonly clock: Clock;
  /** Host, port and virtual host, for messages. */
  readonly where: string;
  readonly perConsumerQueues: Set<string>;
}

/**
 * One connection to RabbitMQ.
 *
 * States: *open*, with or without the broker blocking publishers; *closing*, asked for by us; *lost*, for any other
 * reason: the socket failed, heartbeats stayed out, the broker closed it. There is no way back.
 */
export class AmqpConnection implements TransportConnection, AmqpSession {
  readonly lost: Promise<ConnectionError>;
  readonly options: AmqpOptions;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly perConsumerQueues: Set<string>;
  readonly alwaysPerConsumer: boolean;
  readonly #driver: DriverConnection;
  readonly #socket: DriverSocket;
  readonly #where: string;
  readonly #lost: Deferred<ConnectionError> = deferred();
  readonly #declarations: Declarations;
  readonly #channels = new Set<AmqpChannel>();
  readonly #unblocked = new Set<() => void>();
  #isBlocked = false;
  #error: Error | undefined;
  #lostError: ConnectionError | undefined;
  #closing: Promise<void> | undefined;

  /** Must run in the driver's callback: an error event without a listener would be thrown. */
  constructor(driver: DriverConnection, context: AmqpConnectionContext) {
    this.#driver = driver;
    this.#socket = new DriverSocket(driver);
    this.#where = context.where;
    this.lost = this.#lost.promise;
    this.options = context.options;
    this.logger = context.logger;
    this.clock = context.clock;
    this.perConsumerQueues = context.perConsumerQueues;
    this.alwaysPerConsumer = Number.parseInt(driver.connection.serverProperties.version, 10) >= 4;
    this.#declarations = new Declarations(this);
    tolerateForeignTypes(driver);
    driver.on("error", (error) => (this.#error = error));
    driver.on("close", (error) => this.#onClosed(error));
    driver.on("blocked", (reason) => this.#onBlocked(reason));
    driver.on("unblocked", () => this.#onUnblocked());
  }

  get isBlocked(): boolean {
    return this.#isBlocked;
  }

  onUnblocked(listener: () => void): () => void {
    this.#unblocked.add(listener);
    return () => void this.#unblocked.delete(listener);
  }

  async openChannel(): Promise<AmqpChannel> {
    if (this.#lostError !== undefined) throw this.#lostError;
    if (this.#closing !== undefined) throw new ClosedError("this connection is closed. Make a new one.");
    const channel: AmqpChannel = new AmqpChannel({
      session: this,
      declarations: this.#declarations,
      onClosed: () => this.#channels.delete(channel),
    });
    this.#channels.add(channel);
    return channel;
  }

  openDriverChannel(): Promise<DriverChannel> {
    return this.request({ what: "opening a channel" }, (done) => {
      this.#driver.createChannel(done).on("error", (error) => this.#onChannelError(error));
    });
  }

  openDriverConfirmChannel(): Promise<DriverConfirmChannel> {
    return this.request({ what: "opening a channel" }, (done) => {
      this.#driver.createConfirmChannel(done).on("error", (error) => this.#onChannelError(error));
    });
  }

  explain(thrown: unknown, operation: FailedOperation): QError {
    if (this.#lostError !== undefined) return this.#lostError;
    if (this.#closing !== undefined)
      return new ClosedError("the connection was closed.", { cause: asError(thrown) });
    return channelFailure(thrown, operation);
  }

  async request<TReply>(
    operation: FailedOperation,
    send: (done: (error: Error | null | undefined, reply: TReply) => void) => void,
  ): Promise<TReply> {
    const { readTimeout } = this.options;
    const giveUp = (): void =>
      this.#socket.destroy(new Error(`${operation.what}: no answer within read_timeout`));
    const cancel = readTimeout === undefined ? undefined : this.clock.schedule(readTimeout * 1000, giveUp);
    try {
      return await request(send);
    } catch (error) {
      throw this.explain(error, operation);
    } finally {
      cancel?.();
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const cancel = this.clock.schedule(CLOSE_TIMEOUT_MS, () =>
      this.#socket.destroy(new Error("closing took too long")),
    );
    await Promise.all([...this.#channels].map((channel) => channel[Symbol.asyncDispose]()));
    // Fails when the connection is gone already, which is what we want.
    await request<void>((done) => {
      this.#driver.once("close", () => done(null));
      this.#driver.close(done);
    }).catch(() => {});
    cancel();
  }

  #onClosed(reported: Error | undefined): void {
    const cause = asError(this.#error ?? reported ?? new Error("closed by the broker"));
    this.#onUnblocked();
    if (this.#closing !== undefined) return;
    this.#lostError = new ConnectionError(
      `the connection to the broker at ${this.#where} is lost: ${cause.message}`,
      {
        cause,
      },
    );
    // The driver only says goodbye, which a dead peer never answers.
    this.#socket.destroy(cause);
    this.#lost.resolve(this.#lostError);
  }

  #onChannelError(error: Error): void {
    this.logger.debug({ err: error }, "broker closed a channel");
  }

  #onBlocked(reason: string): void {
    this.#isBlocked = true;
    this.logger.warn(
      { reason, broker: this.#where },
      "broker takes no messages at present: publishing waits",
    );
  }

  #onUnblocked(): void {
    if (this.#isBlocked) this.logger.warn({ broker: this.#where }, "broker takes messages again");
    this.#isBlocked = false;
    for (const listener of this.#unblocked) listener();
  }
}
