import { decodeBzip2 } from "./bzip2/decoder.ts";
import { encodeBzip2 } from "./bzip2/encoder.ts";
import type { Compression } from "./compression.ts";
import { invalidData, tooLarge } from "./decompress-errors.ts";

/** bzip2, in our own code: no package both compresses and may be used. See docs/adr/0005-compression-libraries.md. */
export const bzip2Compression: Compression = {
  name: "bzip2",
  aliases: ["bzip"],
  contentType: "application/x-bz2",
  compress: (data) => encodeBzip2(data),
  decompress(data, { maxSizeBytes }) {
    try {
      return decodeBzip2(data, maxSizeBytes, () => tooLarge("bzip2", maxSizeBytes));
    } catch (error) {
      throw error instanceof RangeError ? invalidData("bzip2", error) : error;
    }
  },
};
