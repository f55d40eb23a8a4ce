import { asError, QError } from "@q/kernel";
import { decodeError, type EncodedError, encodeError } from "@q/pool/transfer";

/** An error on its way to the worker, and what only its class knew. */
export interface PackedError {
  readonly encoded: EncodedError;
  readonly className: string;
  readonly isOfQ: boolean;
}

/** Takes an error apart. Never throws. */
export function packError(error: Error): PackedError {
  return { encoded: encodeError(error), className: classNameOf(error), isOfQ: QError.is(error) };
}

/**
 * Puts an error together again, as results, events and logs want it: under the name of its class, with its code known
 * for one of Q's. The class itself is the executor's, and nothing of it runs here.
 */
export function unpackError({ encoded, className, isOfQ }: PackedError): Error {
  const error = asError(decodeError(encoded));
  if (classNameOf(error) !== className) Object.setPrototypeOf(error, prototypeNamed(className));
  if (isOfQ) Object.defineProperty(error, Symbol.for("@q/kernel/QError"), { value: true });
  return error;
}

function classNameOf(error: Error): string {
  const { name } = error.constructor;
  return typeof name === "string" ? name : "Error";
}

/** Classes may be made anew for every error: no more than so many are kept. */
const MAX_NAMES = 1000;
const prototypes = new Map<string, object>();

function prototypeNamed(className: string): object {
  const known = prototypes.get(className);
  if (known !== undefined) return known;
  const Named = class extends Error {};
  Object.defineProperty(Named, "name", { value: className });
  if (prototypes.size < MAX_NAMES) prototypes.set(className, Named.prototype);
  return Named.prototype;
}
