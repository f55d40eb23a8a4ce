/**
 * One format for message bodies. The contract kit in `@q/messaging/testing` says when an implementation is done.
 *
 * A serializer must never run code found in a body, and a key named `__proto__` must not reach a prototype.
 */
export interface Serializer {
  /** The name used in settings, such as `json`. */
  readonly name: string;
  /** Further names and content types that mean the same. */
  readonly aliases?: readonly string[];
  /** Goes into the `content_type` property, such as `application/json`. */
  readonly contentType: string;
  /** Goes into the `content_encoding` property: `utf-8` for text, `binary` for bytes. */
  readonly contentEncoding: string;
  /** @throws {EncodeError} when the format has no form for the value or for a part of it */
  encode(value: unknown): Buffer;
  /** @throws {DecodeError} when the body is not valid in this format */
  decode(body: Buffer): unknown;
}
