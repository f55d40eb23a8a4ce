import { QError, type QErrorOptions } from "@q/kernel";

/** The connection to the broker could not be made or is lost. A new connection may help. */
export class ConnectionError extends QError {
  readonly code = "ERR_Q_CONNECTION";
}

/** The broker refused our credentials or our rights. Trying again does not help; changing the URL does. */
export class AccessRefusedError extends QError {
  readonly code = "ERR_Q_ACCESS_REFUSED";
}

/** The broker closed one channel, for example because of a late acknowledgement. A new channel helps. */
export class ChannelError extends QError {
  readonly code = "ERR_Q_CHANNEL";
}

/** The queue does not exist on the broker. */
export class QueueNotFoundError extends QError {
  readonly code = "ERR_Q_QUEUE_NOT_FOUND";

  constructor(queue: string, options: QErrorOptions = {}) {
    super(`queue "${queue}" does not exist on the broker. Declare it first, or check the name.`, options);
  }
}

/** A message was not, or perhaps not, published. Celery's name for the family is OperationalError. */
export class PublishError extends QError {
  readonly code = "ERR_Q_PUBLISH";
  /** `no`: the broker does not have the message. `unknown`: it may have it; publish again with the same id. */
  readonly sent: "no" | "unknown";

  constructor(message: string, options: QErrorOptions & { readonly sent: "no" | "unknown" }) {
    super(message, options);
    this.sent = options.sent;
  }
}

/** An envelope that does not have the shape its transport prescribes. */
export class MalformedMessageError extends QError {
  readonly code = "ERR_Q_MALFORMED_MESSAGE";
}

/** A broker URL that cannot be read. */
export class BrokerUrlError extends QError {
  readonly code = "ERR_Q_BROKER_URL";
}

/** A URL scheme for which no transport is registered. */
export class UnknownTransportError extends QError {
  readonly code = "ERR_Q_UNKNOWN_TRANSPORT";
}

/** The connection pool is exhausted and the wait for a free one is over. */
export class ConnectionLimitError extends QError {
  readonly code = "ERR_Q_CONNECTION_LIMIT";
}

/** The queue holds messages and there is room for them, yet none arrives: the connection is taken for dead. */
export class ConsumerStalledError extends QError {
  readonly code = "ERR_Q_CONSUMER_STALLED";
}

/** A message was acknowledged or rejected twice, or after its channel had gone. */
export class MessageStateError extends QError {
  readonly code = "ERR_Q_MESSAGE_STATE";
}
