/** A pattern longer than this is no name pattern, and matching it could take for ever. */
const MAX_PATTERN = 500;

/**
 * Whether a node name fits a pattern: `glob` as Python's fnmatch (`*`, `?`, `[seq]`, `[!seq]`), `pcre` a regular
 * expression that must fit from the start of the name and may leave the rest.
 *
 * @throws {TypeError} for another matcher, {@link SyntaxError} for a pattern that is no expression
 */
export function matchesName(name: string, pattern: string, matcher: string): boolean {
  if (pattern.length > MAX_PATTERN)
    throw new TypeError(`the pattern has more than ${MAX_PATTERN} characters`);
  if (matcher === "glob") return new RegExp(`^(?:${globSource(pattern)})$`, "s").test(name);
  if (matcher === "pcre") return new RegExp(`^(?:${pattern})`).test(name);
  throw new TypeError(`there is no matcher "${matcher}". Use glob or pcre.`);
}

function globSource(pattern: string): string {
  let source = "";
  for (let at = 0; at < pattern.length; at++) {
    const character = pattern[at] as string;
    const end = character === "[" ? closing(pattern, at) : -1;
    if (end > 0) {
      const set = pattern.slice(at + 1, end).replaceAll(/[\\\]]/g, "\\$&");
      source += set.startsWith("!") ? `[^${set.slice(1)}]` : `[${set.replace(/^\^/, "\\^")}]`;
      at = end;
      // Stars in a row mean one: several would multiply the ways to match.
    } else if (character === "*") source += source.endsWith(".*") ? "" : ".*";
    else source += character === "?" ? "." : character.replaceAll(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
  }
  return source;
}

/** Index of the bracket that ends the set beginning at `from`; a bracket right at its start belongs to the set. */
function closing(pattern: string, from: number): number {
  const first = pattern[from + 1] === "!" ? from + 2 : from + 1;
  return pattern.indexOf("]", first + 1);
}
