import { asError, QError } from "@q/kernel";
import { AccessRefusedError, ChannelError, ConnectionError, QueueNotFoundError } from "../../errors.ts";

/** Reply codes of AMQP 0-9-1 that we treat differently from each other. */
export const reply = {
  accessRefused: 403,
  notFound: 404,
  resourceLocked: 405,
  preconditionFailed: 406,
  notAllowed: 530,
  notImplemented: 540,
} as const;

/**
 * The broker's reply code, when the error stems from the broker. The driver hands it on as `code`, except for a
 * refused handshake, where it exists only in the text.
 */
export function replyCode(error: unknown): number | undefined {
  if (typeof error !== "object" || error === null) return undefined;
  if ("code" in error && typeof error.code === "number") return error.code;
  const inText = /terminated by server: (\d{3})\b/.exec(asError(error).message);
  return inText ? Number(inText[1]) : undefined;
}

/** Why no connection could be made. `where` must not hold the password. */
export function connectFailure(thrown: unknown, where: string): QError {
  if (QError.is(thrown)) return thrown;
  const cause = asError(thrown);
  const code = isVirtualHostRefusal(cause) ? reply.notAllowed : replyCode(cause);
  if (code === reply.accessRefused) {
    return new AccessRefusedError(
      `the broker at ${where} refused the login. Check user, password and login method.`,
      {
        cause,
      },
    );
  }
  if (code === reply.notAllowed) {
    const text = `the broker at ${where} refused the virtual host. Check that it exists and that the user may use it.`;
    return new AccessRefusedError(text, { cause });
  }
  if (cause.message.startsWith("SASL mechanism")) {
    return new AccessRefusedError(
      `the broker at ${where} does not offer this login method. Set login_method.`,
      { cause },
    );
  }
  return new ConnectionError(`cannot connect to the broker at ${where}: ${cause.message}`, { cause });
}

/** The virtual host is asked for last, and for that answer the driver keeps neither code nor text. */
function isVirtualHostRefusal(error: Error): boolean {
  return error.message.startsWith("Expected ConnectionOpenOk; got <ConnectionClose");
}

/** What was being done when the broker closed a channel, for the message and for choosing the class. */
export interface FailedOperation {
  /** Continues the sentence "… failed". */
  readonly what: string;
  /** The queue whose absence a 404 means. */
  readonly queue?: string;
}

/** An error of one channel: a new channel helps, the connection is fine. */
export function channelFailure(thrown: unknown, operation: FailedOperation): QError {
  if (QError.is(thrown)) return thrown;
  const cause = asError(thrown);
  const code = replyCode(cause);
  if (code === reply.notFound && operation.queue !== undefined)
    return new QueueNotFoundError(operation.queue, { cause });
  if (code === reply.accessRefused) {
    return new AccessRefusedError(`${operation.what} was refused by the broker: ${cause.message}`, { cause });
  }
  return new ChannelError(`${operation.what} failed: ${cause.message}`, { cause });
}
