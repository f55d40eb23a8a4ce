import { asError, QError } from "@q/kernel";
import { AccessRefusedError, ChannelError, ConnectionError, PublishError } from "../../errors.ts";

const refused = /^(NOAUTH|WRONGPASS|NOPERM|ERR invalid password|ERR (AUTH|Client sent AUTH)|DENIED)/;
const unavailable = /^(READONLY|LOADING|MASTERDOWN|CLUSTERDOWN|TRYAGAIN|UNBLOCKED)/;
const outOfMemory = /^OOM/;

/** What went wrong, in our terms; the driver's error is its `cause`. An error of ours stays what it is. */
export function classifyRedisError(thrown: unknown, doing: string): QError {
  if (QError.is(thrown)) return thrown;
  const error = asError(thrown);
  const text = error.message.replace(/\.$/, "");
  if (refused.test(text)) {
    return new AccessRefusedError(
      `Redis refused us while ${doing}: ${text}. Check the user name, the password and the user's rights (ACL).`,
      { cause: error },
    );
  }
  if (isReply(error) && !unavailable.test(text)) {
    return new ChannelError(`Redis answered with an error while ${doing}: ${text}.`, { cause: error });
  }
  return new ConnectionError(
    `the connection to Redis failed while ${doing}: ${text}. Is the server up and reachable?`,
    {
      cause: error,
    },
  );
}

/**
 * Why a message could not be published.
 *
 * @param wasWritten whether the command may have left this process
 */
export function publishError(thrown: unknown, wasWritten: boolean): PublishError {
  if (thrown instanceof PublishError) return thrown;
  const error = asError(thrown);
  const cause = QError.is(error) && error.cause instanceof Error ? error.cause : error;
  // An error that the server sends is a refusal; without an answer nobody knows.
  const sent = wasWritten && !isReply(cause) ? "unknown" : "no";
  const advice = outOfMemory.test(cause.message)
    ? "Redis has reached its maxmemory: add memory, or consume."
    : sent === "no"
      ? "It can be published again."
      : "It may be in the queue: publish it again with the same id if running it twice does no harm.";
  return new PublishError(
    `the message was ${sent === "no" ? "not" : "perhaps"} published: ${cause.message.replace(/\.$/, "")}. ${advice}`,
    {
      sent,
      cause: error,
    },
  );
}

/** True for an answer of a server that cannot serve us now, and perhaps never will. */
export function isUnavailable(error: unknown): error is Error {
  return error instanceof Error && isReply(error) && unavailable.test(error.message);
}

/** True for the refusal of a server that has reached its `maxmemory`: there is room when others have consumed. */
export function isOutOfMemory(error: Error): boolean {
  return isReply(error) && outOfMemory.test(error.message);
}

/** True when the server sent this error, so that it is up and has not done what it was asked. */
export function isReply(error: Error): boolean {
  return "command" in error && error.name === "ReplyError";
}
