import { maxDepth, tooDeep } from "./depth.ts";
import { DecodeError } from "./errors.ts";

/**
 * Checks the shape of a msgpack body before anything is allocated for it: nesting, and that no array or map claims
 * more items than bytes are left. Without this, a few bytes that promise huge arrays take all memory.
 *
 * @throws {DecodeError}
 */
export function checkMsgpackShape(body: Buffer): void {
  // Items still to come in each open container. Every one of them needs at least a byte.
  const open: number[] = [1];
  let pending = 1;
  let at = 0;
  while (open.length > 0) {
    const left = open.pop() ?? 0;
    if (left === 0) continue;
    open.push(left - 1);
    const token = readToken(body, at);
    at = token.end;
    pending += token.items - 1;
    if (at + pending > body.length)
      throw new DecodeError("the msgpack body ends too early. Check the sender.");
    if (token.items > 0) open.push(token.items);
    if (open.length > maxDepth + 1) throw tooDeep();
  }
}

type Token = { readonly end: number; readonly items: number };

/** Bytes behind the type byte for 0xc0–0xdf: the fixed part, and the width of a length in front of it. */
const fixedBytes = [
  0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 4, 8, 1, 2, 4, 8, 1, 2, 4, 8, 2, 3, 5, 9, 17, 0, 0, 0, 0, 0, 0, 0,
];
const lengthBytes = new Map([
  [0xc4, 1],
  [0xc5, 2],
  [0xc6, 4],
  [0xc7, 1],
  [0xc8, 2],
  [0xc9, 4],
  [0xd9, 1],
  [0xda, 2],
  [0xdb, 4],
  [0xdc, 2],
  [0xdd, 4],
  [0xde, 2],
  [0xdf, 4],
]);

function readToken(body: Buffer, at: number): Token {
  const type = body[at];
  if (type === undefined) throw new DecodeError("the msgpack body ends too early. Check the sender.");
  const next = at + 1;
  if (type <= 0x7f || type >= 0xe0) return { end: next, items: 0 };
  if (type <= 0x8f) return { end: next, items: 2 * (type & 0x0f) };
  if (type <= 0x9f) return { end: next, items: type & 0x0f };
  if (type <= 0xbf) return { end: next + (type & 0x1f), items: 0 };
  const width = lengthBytes.get(type);
  const fixed = fixedBytes[type - 0xc0] ?? 0;
  if (width === undefined) return { end: next + fixed, items: 0 };
  if (next + width > body.length) throw new DecodeError("the msgpack body ends too early. Check the sender.");
  const length = body.readUIntBE(next, width);
  if (type >= 0xdc) return { end: next + width, items: type >= 0xde ? 2 * length : length };
  return { end: next + width + fixed + length, items: 0 };
}
