/** A block whose bytes are reordered so that equal ones stand together, and the place of the original in the order. */
export interface Transformed {
  readonly last: Uint8Array;
  readonly origin: number;
}

/** The last column of all rotations of `block` in sorted order. */
export function transform(block: Uint8Array): Transformed {
  const size = block.length;
  const order = sortRotations(block);
  const last = new Uint8Array(size);
  let origin = 0;
  for (let i = 0; i < size; i++) {
    const start = order[i] ?? 0;
    if (start === 0) origin = i;
    last[i] = block[(start === 0 ? size : start) - 1] ?? 0;
  }
  return { last, origin };
}

/** The block that {@link transform} made `last` from. */
export function restore({ last, origin }: Transformed): Uint8Array {
  const size = last.length;
  const starts = countingStarts(last, 256);
  const next = new Uint32Array(size);
  for (let i = 0; i < size; i++) next[takeStart(starts, last[i] ?? 0)] = i;
  const block = new Uint8Array(size);
  let at = next[origin] ?? 0;
  for (let i = 0; i < size; i++) {
    block[i] = last[at] ?? 0;
    at = next[at] ?? 0;
  }
  return block;
}

/**
 * Starts of the rotations in sorted order, by prefix doubling: rotations sorted by their first k bytes are sorted by
 * their first 2k with one counting sort. Takes O(n log n) for any input; repetitive ones are the worst of other ways.
 */
function sortRotations(block: Uint8Array): Uint32Array {
  const size = block.length;
  const first = firstBytes(block);
  let order = sortBy(
    first,
    Uint32Array.from(block, (_, index) => index),
    0x1_0000,
  );
  let [rank, classes] = rankPairs(order, first, 0);
  for (let length = 2; length < size && classes < size; length *= 2) {
    // Sorted by their second halves: what stands `length` before a sorted rotation.
    const bySecond = new Uint32Array(size);
    for (let i = 0; i < size; i++) {
      const start = (order[i] ?? 0) - length;
      bySecond[i] = start < 0 ? start + size : start;
    }
    order = sortBy(rank, bySecond, classes);
    [rank, classes] = rankPairs(order, rank, length);
  }
  return order;
}

/** The first two bytes of every rotation as one number. */
function firstBytes(block: Uint8Array): Uint32Array {
  const size = block.length;
  const first = new Uint32Array(size);
  for (let i = 0; i < size; i++) first[i] = ((block[i] ?? 0) << 8) | (block[wrap(i + 1, size)] ?? 0);
  return first;
}

/** Stable counting sort of `items` by `key[item]`. */
function sortBy(key: Uint32Array, items: Uint32Array, keys: number): Uint32Array {
  const starts = countingStarts(key, keys);
  const sorted = new Uint32Array(items.length);
  for (let i = 0; i < items.length; i++) {
    const item = items[i] ?? 0;
    sorted[takeStart(starts, key[item] ?? 0)] = item;
  }
  return sorted;
}

/** Rank of every rotation, equal for those whose ranks are equal both at their start and `length` behind it. */
function rankPairs(
  order: Uint32Array,
  rank: Uint32Array,
  length: number,
): [ranks: Uint32Array, classes: number] {
  const size = order.length;
  const ranks = new Uint32Array(size);
  let last = 0;
  let previous = order[0] ?? 0;
  for (let i = 0; i < size; i++) {
    const start = order[i] ?? 0;
    if (
      rank[start] !== rank[previous] ||
      rank[wrap(start + length, size)] !== rank[wrap(previous + length, size)]
    )
      last++;
    ranks[start] = last;
    previous = start;
  }
  return [ranks, last + 1];
}

function wrap(index: number, size: number): number {
  return index < size ? index : index - size;
}

/** For every key the number of smaller ones in `values`. */
function countingStarts(values: Uint8Array | Uint32Array, keys: number): Uint32Array {
  const starts = new Uint32Array(keys + 1);
  for (let i = 0; i < values.length; i++) {
    const next = (values[i] ?? 0) + 1;
    starts[next] = (starts[next] ?? 0) + 1;
  }
  for (let key = 1; key <= keys; key++) starts[key] = (starts[key] ?? 0) + (starts[key - 1] ?? 0);
  return starts;
}

function takeStart(starts: Uint32Array, key: number): number {
  const start = starts[key] ?? 0;
  starts[key] = start + 1;
  return start;
}
