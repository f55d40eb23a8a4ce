import { asError } from "@q/kernel";
import { DecodeError } from "../serializers/errors.ts";

/** The error for a body that unpacks to more than is allowed. */
export function tooLarge(compression: string, maxSizeBytes: number): DecodeError {
  return new DecodeError(
    `the ${compression} body unpacks to more than ${maxSizeBytes} bytes. Send less, or raise the limit for bodies.`,
  );
}

/** The error for a body that is not what its header says. */
export function invalidData(compression: string, cause: unknown): DecodeError {
  return new DecodeError(`the body is not valid ${compression} data: ${asError(cause).message}`, { cause });
}
