import type { BitReader } from "./bits.ts";

/** Longest code we write; the format allows 20. */
const maxWrittenLength = 17;
export const maxReadLength = 20;

/** Lengths of the codes for symbols of these frequencies. A symbol that does not occur gets a code, too. */
export function codeLengths(frequencies: Uint32Array): Uint8Array {
  let weights = Array.from(frequencies, (frequency) => Math.max(1, frequency));
  for (;;) {
    const lengths = huffman(weights);
    if (Math.max(...lengths) <= maxWrittenLength) return lengths;
    // Flatter weights give shorter codes.
    weights = weights.map((weight) => (weight >> 1) + 1);
  }
}

type Node = { readonly weight: number; readonly symbols: readonly number[] };

function huffman(weights: readonly number[]): Uint8Array {
  const lengths = new Uint8Array(weights.length);
  // Lightest last.
  const nodes: Node[] = weights.map((weight, symbol) => ({ weight, symbols: [symbol] }));
  nodes.sort((a, b) => b.weight - a.weight);
  for (
    let [a, b] = [nodes.pop(), nodes.pop()];
    a !== undefined && b !== undefined;
    [a, b] = [nodes.pop(), nodes.pop()]
  ) {
    const joined: Node = { weight: a.weight + b.weight, symbols: [...a.symbols, ...b.symbols] };
    for (const symbol of joined.symbols) lengths[symbol] = (lengths[symbol] ?? 0) + 1;
    nodes.splice(insertionPoint(nodes, joined.weight), 0, joined);
  }
  return lengths;
}

function insertionPoint(nodes: readonly Node[], weight: number): number {
  let low = 0;
  let high = nodes.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((nodes[middle]?.weight ?? 0) > weight) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The canonical code of every symbol: shorter codes first, equal lengths in the order of the symbols. */
export function canonicalCodes(lengths: Uint8Array): Uint32Array {
  const codes = new Uint32Array(lengths.length);
  let code = 0;
  for (let length = 1; length <= maxReadLength; length++) {
    for (let symbol = 0; symbol < lengths.length; symbol++)
      if (lengths[symbol] === length) codes[symbol] = code++;
    code <<= 1;
  }
  return codes;
}

/** Reads symbols written with the canonical codes of these lengths. */
export class HuffmanReader {
  /** Symbols in the order of their codes. */
  readonly #symbols: number[] = [];
  /** Number of codes of each length. */
  readonly #counts = new Uint16Array(maxReadLength + 1);

  constructor(lengths: Uint8Array) {
    for (let length = 1; length <= maxReadLength; length++) {
      for (let symbol = 0; symbol < lengths.length; symbol++) {
        if (lengths[symbol] !== length) continue;
        this.#symbols.push(symbol);
        this.#counts[length] = (this.#counts[length] ?? 0) + 1;
      }
    }
  }

  /** @throws {RangeError} for bits that are no code */
  read(bits: BitReader): number {
    let code = 0;
    let first = 0;
    let before = 0;
    for (let length = 1; length <= maxReadLength; length++) {
      code = (code << 1) | bits.read(1);
      const count = this.#counts[length] ?? 0;
      const index = code - first;
      // Negative when a damaged table has more codes of a length than there can be.
      if (index >= 0 && index < count) return this.#symbols[before + index] ?? 0;
      before += count;
      first = (first + count) << 1;
    }
    throw new RangeError("it holds bits that are no code");
  }
}
