const polynomial = 0x04c11db7;

/** CRC of one byte at the top of the register: bzip2 takes the bits the other way round than zip and gzip. */
const table: Uint32Array = Uint32Array.from({ length: 256 }, (_, byte) => {
  let register = byte << 24;
  for (let bit = 0; bit < 8; bit++) register = register < 0 ? (register << 1) ^ polynomial : register << 1;
  return register >>> 0;
});

/** bzip2's CRC-32 of a part of some data. */
export function crc32(data: Uint8Array, start: number, end: number): number {
  let crc = 0xffffffff;
  for (let i = start; i < end; i++) crc = (crc << 8) ^ (table[((crc >>> 24) ^ (data[i] ?? 0)) & 0xff] ?? 0);
  return ~crc >>> 0;
}

/** The CRC of a stream after one more block. */
export function combineCrc(stream: number, block: number): number {
  return (((stream << 1) | (stream >>> 31)) ^ block) >>> 0;
}
