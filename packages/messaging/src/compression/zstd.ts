import * as zlib from "node:zlib";
import { loadDriver } from "@q/kernel";
import type { Compression } from "./compression.ts";
import { invalidData, tooLarge } from "./decompress-errors.ts";
import { bounded } from "./zlib.ts";

/** zstd in `node:zlib`, from Node 22.15 on. */
interface NodeZstd {
  zstdCompressSync(data: Buffer, options: { pledgedSrcSize: number }): Buffer;
  zstdDecompressSync(data: Buffer, options: { maxOutputLength: number }): Buffer;
}

/** What we use of `@bokuweb/zstd-wasm`; its own types describe the browser build. */
interface WasmZstd {
  init(): Promise<void>;
  compress(data: Uint8Array, level: number): Uint8Array;
  decompress(data: Uint8Array, options: { defaultHeapSize: number }): Uint8Array;
}

const identity = { name: "zstd", aliases: ["zstandard"], contentType: "application/zstd" } as const;
const magic = 0xfd2fb528;
/** zstd's own default, and kombu's. */
const level = 3;

/** The package is one instance per process; a second `init()` would pull the memory away under the first. */
let started: Promise<void> | undefined;

/** zstd from Node itself where it has it, else from the optional package `@bokuweb/zstd-wasm`. */
export async function loadZstd(): Promise<Compression> {
  const native = zlib as unknown as Partial<NodeZstd>;
  if (native.zstdCompressSync !== undefined && native.zstdDecompressSync !== undefined) {
    return nodeZstd(native as NodeZstd);
  }
  const packageName: string = "@bokuweb/zstd-wasm";
  const library = await loadDriver(
    packageName,
    "zstd compression",
    async () => (await import(packageName)) as WasmZstd,
  );
  started ??= library.init();
  await started;
  return wasmZstd(library);
}

function nodeZstd(native: NodeZstd): Compression {
  return {
    ...identity,
    // Python peers need the size of the content in the frame; pledging it puts it there.
    compress: (data) => native.zstdCompressSync(data, { pledgedSrcSize: data.length }),
    decompress(data, { maxSizeBytes }) {
      const size = contentSize(data);
      const content = bounded("zstd", maxSizeBytes, (options) => native.zstdDecompressSync(data, options));
      // Node 22 takes a frame that was cut off for one that ends there.
      if (content.length < (size ?? 0)) throw invalidData("zstd", new Error("the frame is cut off"));
      return content;
    },
  };
}

/** The WebAssembly build. It writes the size of the content by itself. */
function wasmZstd(library: WasmZstd): Compression {
  return {
    ...identity,
    compress: (data) => asBuffer(library.compress(data, level)),
    decompress(data, { maxSizeBytes }) {
      const size = contentSize(data);
      if (size !== undefined && size > maxSizeBytes) throw tooLarge("zstd", maxSizeBytes);
      if (size !== undefined) return unpack(library, data, { heapBytes: size, maxSizeBytes });
      return unpackGrowing(library, data, maxSizeBytes);
    },
  };
}

/** The library wants the room in advance: give a frame that does not say its size more and more of it. */
function unpackGrowing(library: WasmZstd, data: Buffer, maxSizeBytes: number): Buffer {
  for (let heapBytes = Math.max(65_536, data.length * 8); ; heapBytes *= 4) {
    try {
      return unpack(library, data, { heapBytes: Math.min(heapBytes, maxSizeBytes), maxSizeBytes });
    } catch (error) {
      if (!isOutOfRoom(error)) throw error;
      if (heapBytes >= maxSizeBytes) throw tooLarge("zstd", maxSizeBytes);
    }
  }
}

function unpack(library: WasmZstd, data: Buffer, room: { heapBytes: number; maxSizeBytes: number }): Buffer {
  try {
    return asBuffer(library.decompress(data, { defaultHeapSize: room.heapBytes }));
  } catch (error) {
    throw invalidData("zstd", error);
  }
}

/** zstd's error 70, "destination buffer is too small", which the library passes on as text. */
function isOutOfRoom(error: unknown): boolean {
  return error instanceof Error && error.message.endsWith("code -70");
}

/**
 * Size of the content as the frame header tells it, if it does.
 *
 * @throws {DecodeError} when the data is no zstd frame
 * @see RFC 8878, section 3.1.1.1
 */
function contentSize(data: Buffer): number | undefined {
  if (data.length < 6 || data.readUInt32LE(0) !== magic)
    throw invalidData("zstd", new Error("no zstd frame"));
  const descriptor = data.readUInt8(4);
  const isSingleSegment = (descriptor & 0x20) !== 0;
  const sizeFlag = descriptor >> 6;
  if (sizeFlag === 0 && !isSingleSegment) return undefined;
  const dictionaryIdBytes = [0, 1, 2, 4][descriptor & 3] ?? 0;
  const at = 5 + (isSingleSegment ? 0 : 1) + dictionaryIdBytes;
  const width = [1, 2, 4, 8][sizeFlag] ?? 1;
  if (data.length < at + width) throw invalidData("zstd", new Error("the frame header is cut off"));
  if (width === 8) return Number(data.readBigUInt64LE(at));
  return data.readUIntLE(at, width) + (width === 2 ? 256 : 0);
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
