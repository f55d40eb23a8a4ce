/** The value of a global option, for those who need it before the command line is parsed. */
export function valueOf(argv: readonly string[], ...names: readonly string[]): string | undefined {
  const end = argv.indexOf("--");
  const words = end < 0 ? argv : argv.slice(0, end);
  for (const [at, word] of words.entries()) {
    const name = names.find((one) => word === one || word.startsWith(one.startsWith("--") ? `${one}=` : one));
    if (name === undefined) continue;
    return word === name ? words[at + 1] : word.slice(name.length).replace(/^=/, "");
  }
  return undefined;
}
