import type { QError } from "@q/kernel";
import { CodecRegistry } from "../serializers/codec-registry.ts";
import { UnknownCompressionError } from "../serializers/errors.ts";
import type { Compression } from "./compression.ts";
import { brotliCompression, gzipCompression } from "./zlib.ts";

/** Compressions by name, alias and header value. Owned by one app. */
export class CompressionRegistry extends CodecRegistry<Compression> {
  protected override readonly kind = "compression";

  protected override unknown(message: string): QError {
    return new UnknownCompressionError(message);
  }
}

/**
 * A registry with kombu's compressions: `gzip` and `brotli` ready for use, `bzip2`, `lzma` and `zstd` loaded on
 * first use.
 */
export function createCompressionRegistry(): CompressionRegistry {
  const registry = new CompressionRegistry();
  registry.register(gzipCompression);
  registry.register(brotliCompression);
  registry.register({
    name: "bzip2",
    aliases: ["bzip"],
    contentType: "application/x-bz2",
    load: async () => (await import("./bzip2.ts")).bzip2Compression,
  });
  registry.register({
    name: "lzma",
    aliases: ["xz"],
    contentType: "application/x-lzma",
    load: async () => (await import("./lzma.ts")).loadLzma(),
  });
  registry.register({
    name: "zstd",
    aliases: ["zstandard"],
    contentType: "application/zstd",
    load: async () => (await import("./zstd.ts")).loadZstd(),
  });
  return registry;
}
