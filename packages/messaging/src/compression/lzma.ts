import { loadDriver } from "@q/kernel";
import type { Compression } from "./compression.ts";
import { invalidData, tooLarge } from "./decompress-errors.ts";

/** What we use of `lzma-native`: its native streams, which also run synchronously. */
interface LzmaLibrary {
  readonly CHECK_CRC64: number;
  readonly Stream: new () => LzmaStream;
}

interface LzmaStream {
  easyEncoder(options: { preset: number; check: number }): void;
  autoDecoder(options: { memlimit: number }): void;
  /** Called during `code` with output, with `null` at the end of a stream, or with an error. */
  bufferHandler: (output: Buffer | null | undefined, processed: number | undefined, error: unknown) => void;
  /** `null` says that there is no more input. */
  code(input: Buffer | null, isAsync: boolean): void;
  resetUnderlying(): void;
}

/** An encoder of preset 6, Python's default, takes 94 MB of memory; this one takes 9, and messages are small. */
const preset = 1;
/** Enough to read what any preset wrote; a header may ask for 4 GB. */
const memoryLimitBytes = 128 * 1024 * 1024;
/** At most some 7000 times as much comes out of it, before the limit is looked at. */
const sliceBytes = 8192;

/** lzma from the optional package `lzma-native`, which ships its binaries. */
export async function loadLzma(): Promise<Compression> {
  const packageName: string = "lzma-native";
  const module = await loadDriver(
    packageName,
    "lzma compression",
    async () => (await import(packageName)) as { default: LzmaLibrary },
  );
  return createLzma(module.default);
}

/** Writes the .xz container; reads that and the older .lzma format, as Python does. */
function createLzma(library: LzmaLibrary): Compression {
  return {
    name: "lzma",
    aliases: ["xz"],
    contentType: "application/x-lzma",

    compress(data) {
      const stream = new library.Stream();
      stream.easyEncoder({ preset, check: library.CHECK_CRC64 });
      return run(stream, data, Infinity);
    },

    decompress(data, { maxSizeBytes }) {
      const stream = new library.Stream();
      stream.autoDecoder({ memlimit: memoryLimitBytes });
      return run(stream, data, maxSizeBytes);
    },
  };
}

function run(stream: LzmaStream, data: Buffer, maxSizeBytes: number): Buffer {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  let failure: unknown;
  stream.bufferHandler = (output, _processed, error) => {
    failure ??= error ?? undefined;
    if (!Buffer.isBuffer(output)) return;
    sizeBytes += output.length;
    if (sizeBytes <= maxSizeBytes) chunks.push(output);
  };
  try {
    for (let at = 0; at < data.length; at += sliceBytes) {
      stream.code(data.subarray(at, at + sliceBytes), false);
      if (failure !== undefined) throw invalidData("lzma", failure);
      if (sizeBytes > maxSizeBytes) throw tooLarge("lzma", maxSizeBytes);
    }
    stream.code(null, false);
    if (failure !== undefined) throw invalidData("lzma", failure);
    if (sizeBytes > maxSizeBytes) throw tooLarge("lzma", maxSizeBytes);
  } finally {
    stream.resetUnderlying();
  }
  return Buffer.concat(chunks);
}
