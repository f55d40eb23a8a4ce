import { BitWriter } from "./bits.ts";
import { transform } from "./burrows-wheeler.ts";
import { combineCrc, crc32 } from "./crc32.ts";
import { canonicalCodes, codeLengths } from "./huffman.ts";

const maxRun = 255;
/** One table of codes would do, but the format asks for two at least. */
const tables = 2;
const symbolsPerSelector = 50;

/**
 * Compresses to one bzip2 stream. Unlike the reference encoder it uses one table of codes for the whole block, which
 * makes the output a few percent larger. `level` is the size of the blocks in units of 100 kB; 9 is Python's default.
 */
export function encodeBzip2(data: Uint8Array, level: number = 9): Buffer {
  const bits = new BitWriter();
  for (const byte of Buffer.from(`BZh${level}`)) bits.write(byte, 8);
  // The reference encoder keeps the same margin.
  const maxBlockBytes = level * 100_000 - 19;
  let streamCrc = 0;
  for (let at = 0; at < data.length;) {
    const { block, end } = packRuns(data, at, maxBlockBytes);
    const crc = crc32(data, at, end);
    streamCrc = combineCrc(streamCrc, crc);
    writeBlock(bits, block, crc);
    at = end;
  }
  for (const part of [0x177245, 0x385090]) bits.write(part, 24);
  bits.write32(streamCrc);
  return bits.finish();
}

/** One block, in which a run of 4 to 255 equal bytes is 4 of them and a count of the rest. */
function packRuns(
  data: Uint8Array,
  start: number,
  maxBlockBytes: number,
): { block: Uint8Array; end: number } {
  const block = new Uint8Array(Math.min(maxBlockBytes, Math.ceil((data.length - start) * 1.25) + 5));
  let size = 0;
  let at = start;
  while (at < data.length && size + 5 <= block.length) {
    const byte = data[at] ?? 0;
    let run = 1;
    while (run < maxRun && data[at + run] === byte) run++;
    for (let i = 0; i < Math.min(run, 4); i++) block[size++] = byte;
    if (run >= 4) block[size++] = run - 4;
    at += run;
  }
  return { block: block.subarray(0, size), end: at };
}

function writeBlock(bits: BitWriter, block: Uint8Array, crc: number): void {
  const { last, origin } = transform(block);
  const used = usedBytes(last);
  const { symbols, frequencies } = moveToFront(last, used);
  const lengths = codeLengths(frequencies);
  for (const part of [0x314159, 0x265359]) bits.write(part, 24);
  bits.write32(crc);
  bits.write(0, 1);
  bits.write(origin, 24);
  writeUsedBytes(bits, used);
  const selectors = Math.ceil(symbols.length / symbolsPerSelector);
  bits.write(tables, 3);
  bits.write(selectors, 15);
  for (let i = 0; i < selectors; i++) bits.write(0, 1);
  for (let i = 0; i < tables; i++) writeCodeLengths(bits, lengths);
  const codes = canonicalCodes(lengths);
  for (const symbol of symbols) bits.write(codes[symbol] ?? 0, lengths[symbol] ?? 0);
}

function usedBytes(block: Uint8Array): number[] {
  const isUsed = new Uint8Array(256);
  for (const byte of block) isUsed[byte] = 1;
  return [...isUsed.keys()].filter((byte) => isUsed[byte] === 1);
}

/** Which bytes occur: a bit for each sixteen, and sixteen bits for each of these that has any. */
function writeUsedBytes(bits: BitWriter, used: readonly number[]): void {
  const ranges = new Uint16Array(16);
  for (const byte of used) ranges[byte >> 4] = (ranges[byte >> 4] ?? 0) | (0x8000 >> (byte & 15));
  for (const range of ranges) bits.write(range === 0 ? 0 : 1, 1);
  for (const range of ranges) if (range !== 0) bits.write(range, 16);
}

/** Each length as steps from the one before: `10` one longer, `11` one shorter, `0` done. */
function writeCodeLengths(bits: BitWriter, lengths: Uint8Array): void {
  let current = lengths[0] ?? 1;
  bits.write(current, 5);
  for (const length of lengths) {
    for (; current < length; current++) bits.write(0b10, 2);
    for (; current > length; current--) bits.write(0b11, 2);
    bits.write(0, 1);
  }
}

type Symbols = { readonly symbols: Uint16Array; readonly frequencies: Uint32Array };

/**
 * Every byte as its place in a list of the bytes last seen, runs of the first place as a number whose digits are the
 * symbols 0 and 1, all other places one higher, and an end mark.
 */
function moveToFront(block: Uint8Array, used: readonly number[]): Symbols {
  const recent = Uint8Array.from(used);
  const endMark = used.length + 1;
  const symbols = new Uint16Array(block.length + 1);
  const frequencies = new Uint32Array(used.length + 2);
  let size = 0;
  let run = 0;
  const add = (symbol: number): void => {
    symbols[size++] = symbol;
    frequencies[symbol] = (frequencies[symbol] ?? 0) + 1;
  };
  const addRun = (): void => {
    // Digits 1 and 2 instead of 0 and 1: no number needs more digits than it has run.
    for (; run > 0; run = (run - 1) >> 1) add(run & 1 ? 0 : 1);
  };
  for (const byte of block) {
    if (recent[0] === byte) {
      run++;
      continue;
    }
    addRun();
    const place = recent.indexOf(byte);
    recent.copyWithin(1, 0, place);
    recent[0] = byte;
    add(place + 1);
  }
  addRun();
  add(endMark);
  return { symbols: symbols.subarray(0, size), frequencies };
}
