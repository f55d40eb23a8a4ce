import type { ResultMeta } from "@q/backends";
import { didYouMean, ImproperlyConfiguredError } from "@q/kernel";
import type { WaitOptions } from "./wait-limit.ts";

/** Options of `get`. */
export interface GetOptions extends WaitOptions {
  /** Throw the task's error. With `false` it is returned. Default true. */
  readonly propagate?: boolean;
  /** Told of every state on the way, where the backend reports them. */
  readonly onMessage?: (meta: ResultMeta) => void;
  /** Look first whether a task before it in its chain has failed. Default true. */
  readonly followParents?: boolean;
  /** Refuse to wait inside a task. Default true. */
  readonly disableSyncSubtasks?: boolean;
}

/** Options of `get` and `join` of several results. */
export interface JoinOptions extends GetOptions {
  /** Told of each result as it comes. */
  readonly callback?: (taskId: string, value: unknown) => void;
}

/** All of them: one that is forgotten here does not compile. */
const KNOWN: Readonly<Record<keyof JoinOptions, true>> = {
  timeout: true,
  signal: true,
  propagate: true,
  onMessage: true,
  followParents: true,
  disableSyncSubtasks: true,
  callback: true,
};

/**
 * For programs without types: `get(10)`, as in Python, or a misspelt `timeout` would wait for ever.
 *
 * @throws {ImproperlyConfiguredError} that names what is wrong
 */
export function checkGetOptions(options: JoinOptions): void {
  if (typeof options !== "object" || options === null)
    throw new ImproperlyConfiguredError(
      `get takes its options as an object, { timeout: 10 } with seconds, not ${String(options)}.`,
    );
  for (const name in options) {
    if (!Object.hasOwn(KNOWN, name))
      throw new ImproperlyConfiguredError(
        `get has no option "${name}".${didYouMean(name, Object.keys(KNOWN))}`,
      );
  }
  const { timeout } = options;
  if (timeout !== undefined && (typeof timeout !== "number" || Number.isNaN(timeout)))
    throw new ImproperlyConfiguredError(
      `option "timeout" of get is not a number of seconds: ${String(timeout)}`,
    );
}
