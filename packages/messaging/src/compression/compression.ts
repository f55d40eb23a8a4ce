/** How far a body may grow when it is unpacked. */
export interface DecompressLimits {
  readonly maxSizeBytes: number;
}

/** One compression for message bodies. The contract kit in `@q/messaging/testing` says when one is done. */
export interface Compression {
  /** The name used in settings, such as `zstd`. */
  readonly name: string;
  /** Further names that mean the same. */
  readonly aliases: readonly string[];
  /** Goes into the header `compression`, such as `application/zstd`. */
  readonly contentType: string;
  compress(data: Buffer): Buffer;
  /**
   * Must stop unpacking at the limit instead of measuring afterwards: a few kilobytes can unpack to gigabytes.
   *
   * @throws {DecodeError} when the data is invalid, ends too early, or unpacks to more than `maxSizeBytes`
   */
  decompress(data: Buffer, limits: DecompressLimits): Buffer;
}
