const brand: unique symbol = Symbol.for("@q/kernel/QError") as never;

/** Options of every {@link QError}. */
export interface QErrorOptions {
  /** What led to this error; for a driver's failure always the driver's own error. */
  readonly cause?: unknown;
}

/**
 * Base of every error that Q throws. Match on `code`, never on the message or the class name: messages improve
 * over time and bundlers rename classes.
 *
 * @see docs/reference/errors.md for every code and what to do about it
 */
export abstract class QError extends Error {
  /** Stable identifier such as `ERR_Q_MISSING_DRIVER`. */
  abstract readonly code: `ERR_Q_${string}`;

  constructor(message: string, options: QErrorOptions = {}) {
    super(message, "cause" in options ? { cause: options.cause } : undefined);
    Object.defineProperty(this, brand, { value: true });
    Object.defineProperty(this, "name", { value: new.target.name, configurable: true, writable: true });
  }

  /** True for an error of Q, also when two copies of Q are installed side by side. */
  static is(value: unknown): value is QError {
    return typeof value === "object" && value !== null && (value as Record<symbol, unknown>)[brand] === true;
  }
}

/** Something was configured in a way that cannot work; the message names the setting and the remedy. */
export class ImproperlyConfiguredError extends QError {
  readonly code = "ERR_Q_IMPROPERLY_CONFIGURED";
}

/** A feature was used whose package is not installed; the message holds the exact install command. */
export class MissingDriverError extends QError {
  readonly code = "ERR_Q_MISSING_DRIVER";
  /** Name of the package to install. */
  readonly packageName: string;

  constructor(packageName: string, purpose: string, options: QErrorOptions = {}) {
    super(
      `${purpose} needs the package "${packageName}", which is not installed. Run: npm install ${packageName}`,
      options,
    );
    this.packageName = packageName;
  }
}

/** A wait ended because its time was over. */
export class TimeoutError extends QError {
  readonly code = "ERR_Q_TIMEOUT";
}

/** The object was used after it was closed. */
export class ClosedError extends QError {
  readonly code = "ERR_Q_CLOSED";
}

/** The value as an `Error`: a thrown string or object is wrapped, an `Error` is returned as it is. */
export function asError(value: unknown): Error {
  if (value instanceof Error) return value;
  if (
    typeof value === "object" &&
    value !== null &&
    "message" in value &&
    typeof value.message === "string"
  ) {
    return Object.assign(new Error(value.message), { cause: value });
  }
  return new Error(typeof value === "string" ? value : `non-error value thrown: ${String(value)}`, {
    cause: value,
  });
}
