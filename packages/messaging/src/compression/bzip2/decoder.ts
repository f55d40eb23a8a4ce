import { BitReader } from "./bits.ts";
import { restore } from "./burrows-wheeler.ts";
import { combineCrc, crc32 } from "./crc32.ts";
import { HuffmanReader, maxReadLength } from "./huffman.ts";
import { RunUnpacker } from "./run-unpacker.ts";

const symbolsPerSelector = 50;

/**
 * Unpacks one or more bzip2 streams, one behind the other, as Python does. Checks every checksum.
 *
 * @throws {RangeError} when the data is damaged or ends too early, or what `tooLarge` makes at the limit
 */
export function decodeBzip2(data: Uint8Array, maxSizeBytes: number, tooLarge: () => Error): Buffer {
  const bits = new BitReader(data);
  const output = new RunUnpacker(maxSizeBytes, tooLarge);
  do {
    readStream(bits, output);
    bits.alignToByte();
  } while (bits.bytesLeft > 0);
  return output.finish();
}

function readStream(bits: BitReader, output: RunUnpacker): void {
  require(bits.read(24) === 0x425a68 /* BZh */, "it does not start as bzip2");
  const level = bits.read(8) - 0x30;
  require(level >= 1 && level <= 9, "its block size is not valid");
  let streamCrc = 0;
  for (;;) {
    const magic = bits.read(24) * 0x100_0000 + bits.read(24);
    const expected = bits.read32();
    if (magic === 0x177245385090) {
      require(expected === streamCrc, "its checksum is wrong");
      return;
    }
    require(magic === 0x314159265359, "a block does not start as one");
    const start = output.sizeBytes;
    output.unpack(readBlock(bits, level * 100_000));
    const crc = crc32(output.bytes, start, output.sizeBytes);
    require(crc === expected, "the checksum of a block is wrong");
    streamCrc = combineCrc(streamCrc, crc);
  }
}

function readBlock(bits: BitReader, maxBlockBytes: number): Uint8Array {
  require(bits.read(1) === 0, "it has randomised blocks, which bzip2 stopped writing in 1997");
  const origin = bits.read(24);
  const used = readUsedBytes(bits);
  const readers = bits.read(3);
  require(readers >= 2 && readers <= 6, "its number of code tables is not valid");
  const selectors = readSelectors(bits, readers);
  const tables = Array.from(
    { length: readers },
    () => new HuffmanReader(readCodeLengths(bits, used.length + 2)),
  );
  const last = readSymbols(bits, { used, maxBlockBytes, tables: selectors.map((index) => tables[index]) });
  require(origin < last.length, "its origin is outside of the block");
  return restore({ last, origin });
}

function readUsedBytes(bits: BitReader): number[] {
  const ranges = bits.read(16);
  const used: number[] = [];
  for (let range = 0; range < 16; range++) {
    if ((ranges & (0x8000 >> range)) === 0) continue;
    const members = bits.read(16);
    for (let i = 0; i < 16; i++) if ((members & (0x8000 >> i)) !== 0) used.push(16 * range + i);
  }
  require(used.length > 0, "a block uses no bytes");
  return used;
}

/** For every fifty symbols the index of their table, as places in a list of the tables last used. */
function readSelectors(bits: BitReader, tables: number): number[] {
  const count = bits.read(15);
  const recent = Uint8Array.from({ length: tables }, (_, index) => index);
  return Array.from({ length: count }, () => {
    let place = 0;
    while (bits.read(1) === 1) require(++place < tables, "it names a code table that is not there");
    return moveToFront(recent, place);
  });
}

function readCodeLengths(bits: BitReader, symbols: number): Uint8Array {
  let length = bits.read(5);
  return Uint8Array.from({ length: symbols }, () => {
    for (;;) {
      require(length >= 1 && length <= maxReadLength, "the length of a code is not valid");
      if (bits.read(1) === 0) return length;
      length += bits.read(1) === 0 ? 1 : -1;
    }
  });
}

type Coding = {
  readonly used: number[];
  readonly tables: readonly (HuffmanReader | undefined)[];
  readonly maxBlockBytes: number;
};

function readSymbols(bits: BitReader, { used, tables, maxBlockBytes }: Coding): Uint8Array {
  const endMark = used.length + 1;
  const recent = Uint8Array.from(used);
  const block = new Uint8Array(maxBlockBytes);
  let size = 0;
  let digit = 1;
  for (let i = 0; ; i++) {
    const table = tables[Math.floor(i / symbolsPerSelector)];
    if (table === undefined) throw new RangeError("it names too few code tables");
    const symbol = table.read(bits);
    if (symbol === endMark) return block.subarray(0, size);
    const isRun = symbol <= 1;
    const count = isRun ? digit << symbol : 1;
    const byte = isRun ? (recent[0] ?? 0) : moveToFront(recent, symbol - 1);
    require(digit <= maxBlockBytes &&
      size + count <= maxBlockBytes, "a block is larger than the header says");
    block.fill(byte, size, size + count);
    size += count;
    digit = isRun ? 2 * digit : 1;
  }
}

function moveToFront(recent: Uint8Array, place: number): number {
  const value = recent[place] ?? 0;
  recent.copyWithin(1, 0, place);
  recent[0] = value;
  return value;
}

function require(condition: boolean, problem: string): asserts condition {
  if (!condition) throw new RangeError(problem);
}
