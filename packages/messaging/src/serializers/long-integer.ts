/** Shortest integer that a number may not hold: 2^53 has sixteen digits. */
const minDigits = 16;

/**
 * Whether a body has sixteen digits in a row that are not a fraction: perhaps an integer that a number cannot hold.
 * Looks at every sixteenth byte only, because such a run covers at least one of them.
 */
export function hasLongInteger(body: Buffer): boolean {
  for (let i = minDigits - 1; i < body.length; i += minDigits) {
    if (!isDigit(body[i])) continue;
    let start = i;
    while (isDigit(body[start - 1])) start--;
    let end = i + 1;
    while (isDigit(body[end])) end++;
    if (end - start >= minDigits && body[start - 1] !== 0x2e /* . */) return true;
    // The next look is behind this run, at most sixteen bytes: no run in between can be long enough to be missed.
    i = end - 1;
  }
  return false;
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x30 && byte <= 0x39;
}
