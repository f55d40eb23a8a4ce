export { decodeError, encodeError } from "./encoded-error.ts";
export type { EncodedError } from "./encoded-error.ts";
