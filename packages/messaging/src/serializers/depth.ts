import { DecodeError } from "./errors.ts";

/**
 * Deepest nesting of a body, the same both ways: about half of what Python's parser takes. Everything that walks a
 * value recursively then stays away from the end of the stack, also when it is called from deep inside a task.
 */
export const maxDepth = 500;

/** The error for a body that nests deeper than {@link maxDepth}. */
export function tooDeep(): DecodeError {
  return new DecodeError(`the body nests deeper than ${maxDepth} levels. Send flatter data.`);
}

/** Whether JSON nests deeper than {@link maxDepth}. `text` is the body as text: counting brackets there is fast. */
export function isTooDeep(body: Buffer, text: string): boolean {
  // Nearly every body ends here: short, or with few brackets.
  if (text.length <= 2 * maxDepth || !hasManyBrackets(text)) return false;
  let depth = 0;
  for (let i = 0; i < body.length; i++) {
    const byte = body[i];
    if (byte === 0x22 /* " */) i = endOfString(body, i);
    else if (byte === 0x5b /* [ */ || byte === 0x7b /* { */) {
      if (++depth > maxDepth) return true;
    } else if (byte === 0x5d /* ] */ || byte === 0x7d /* } */) depth--;
  }
  return false;
}

function hasManyBrackets(text: string): boolean {
  let count = 0;
  for (const bracket of ["[", "{"]) {
    for (let at = text.indexOf(bracket); at !== -1; at = text.indexOf(bracket, at + 1)) {
      if (++count > maxDepth) return true;
    }
  }
  return false;
}

/** Index of the quote that ends the string starting at `start`, or the end of a body where it never ends. */
function endOfString(body: Buffer, start: number): number {
  for (let i = start + 1; i < body.length; i++) {
    if (body[i] === 0x22 /* " */) return i;
    if (body[i] === 0x5c /* \ */) i++;
  }
  return body.length;
}
