import { brotliCompressSync, brotliDecompressSync, constants, deflateSync, unzipSync } from "node:zlib";
import type { Compression } from "./compression.ts";
import { invalidData, tooLarge } from "./decompress-errors.ts";

/**
 * What Celery calls gzip is a zlib stream (RFC 1950). Real gzip is read, too, but never written: Python peers refuse it.
 *
 * @see kombu `compression.py`
 */
export const gzipCompression: Compression = {
  name: "gzip",
  aliases: ["zlib"],
  contentType: "application/x-gzip",
  compress: (data) => deflateSync(data),
  decompress: (data, { maxSizeBytes }) =>
    bounded("gzip", maxSizeBytes, (options) => unzipSync(data, options)),
};

/** Brotli at quality 5: near the ratio of the default 11 on messages, at a fraction of the time. */
export const brotliCompression: Compression = {
  name: "brotli",
  aliases: [],
  contentType: "application/x-brotli",
  compress: (data) => brotliCompressSync(data, { params: { [constants.BROTLI_PARAM_QUALITY]: 5 } }),
  decompress: (data, { maxSizeBytes }) =>
    bounded("brotli", maxSizeBytes, (options) => brotliDecompressSync(data, options)),
};

/** Runs a decompressor of `node:zlib`, which stops by itself at the limit. */
export function bounded(
  name: string,
  maxSizeBytes: number,
  unpack: (options: { maxOutputLength: number }) => Buffer,
): Buffer {
  try {
    return unpack({ maxOutputLength: Math.max(1, maxSizeBytes) });
  } catch (error) {
    const isTooLarge = (error as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE";
    throw isTooLarge ? tooLarge(name, maxSizeBytes) : invalidData(name, error);
  }
}
