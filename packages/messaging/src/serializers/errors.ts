import { QError } from "@q/kernel";

/** A value has no form in the chosen serializer; the message says which part of the value it is. */
export class EncodeError extends QError {
  readonly code = "ERR_Q_ENCODE";
}

/** A body is not valid in the format it is said to have, or is larger or deeper than allowed. */
export class DecodeError extends QError {
  readonly code = "ERR_Q_DECODE";
}

/** The content type is known, but not accepted here, or never (pickle). */
export class ContentRefusedError extends QError {
  readonly code = "ERR_Q_CONTENT_REFUSED";
}

/** A message names a content type for which no serializer is registered. */
export class UnknownContentTypeError extends QError {
  readonly code = "ERR_Q_UNKNOWN_CONTENT_TYPE";
}

/** A setting or call names a serializer that is not registered. */
export class UnknownSerializerError extends QError {
  readonly code = "ERR_Q_UNKNOWN_SERIALIZER";
}

/** A setting, call or message names a compression that is not registered. */
export class UnknownCompressionError extends QError {
  readonly code = "ERR_Q_UNKNOWN_COMPRESSION";
}

/** A serializer or compression is registered, but its package has not been loaded or cannot be. */
export class CodecNotLoadedError extends QError {
  readonly code = "ERR_Q_CODEC_NOT_LOADED";
}
