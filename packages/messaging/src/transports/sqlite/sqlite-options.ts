import { didYouMean, ImproperlyConfiguredError, type Logger } from "@q/kernel";
import { resolve } from "node:path";
import type { BrokerUrl } from "../../connection/broker-url.ts";
import { isForeignOption } from "../foreign-options.ts";

/** `broker_transport_options` of the SQLite transport, after parsing. */
export interface SqliteOptions {
  /** Longest wait for other processes' locks; from `busy_timeout`, seconds, default 10. */
  readonly lockTimeoutMs: number;
}

/** File of a database without a path in its URL: durable, and out of the way. */
const DEFAULT_FILE = ".q/q.db";

/** @throws {ImproperlyConfiguredError} for an option of the wrong type or one that no transport knows */
export function parseSqliteOptions(
  options: Readonly<Record<string, unknown>>,
  logger: Logger,
): SqliteOptions {
  const { busy_timeout, busyTimeout = busy_timeout, ...rest } = options;
  const seconds = busyTimeout ?? 10;
  if (typeof seconds !== "number" || !(seconds >= 0)) {
    throw new ImproperlyConfiguredError(
      'the transport option "busy_timeout" is a number of seconds, the longest wait for a locked database.',
    );
  }
  for (const option of Object.keys(rest)) {
    const name = option.replace(/_([a-z])/g, (_match, letter: string) => letter.toUpperCase());
    if (!isForeignOption(name)) {
      throw new ImproperlyConfiguredError(
        `broker_transport_options has no "${option}" for SQLite.${didYouMean(name, ["busyTimeout"])}`,
      );
    }
    logger.debug(
      { option, reason: "it is one of another transport" },
      "an option of the broker has no effect with SQLite",
    );
  }
  return { lockTimeoutMs: seconds * 1000 };
}

/**
 * The file that an SQLite URL names: `sqlite:///relative.db`, `sqlite:////absolute.db`, `sqlite://` for `./.q/q.db`.
 *
 * @throws {ImproperlyConfiguredError} for `:memory:`, which processes cannot share
 */
export function databaseFile(url: BrokerUrl): string {
  const path = url.virtualHost === undefined || url.virtualHost === "" ? DEFAULT_FILE : url.virtualHost;
  if (path === ":memory:") {
    throw new ImproperlyConfiguredError(
      'an SQLite broker needs a file. Use "memory://" for a broker without one.',
    );
  }
  return resolve(path);
}
