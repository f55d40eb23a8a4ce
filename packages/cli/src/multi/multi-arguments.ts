/** Global options that have a value. */
const WITH_VALUE: ReadonlySet<string> = new Set(
  "-A --app -b --broker --result-backend --loader --config --workdir".split(" "),
);

/**
 * The arguments of `q multi`, with the global options that stood before it behind them; `undefined` when the command
 * is another one, or its help is asked for. `q multi` has a syntax of its own that the parser of all others would
 * take apart.
 */
export function multiArguments(argv: readonly string[]): readonly string[] | undefined {
  const before: string[] = [];
  for (let at = 0; at < argv.length; at++) {
    const word = argv[at] ?? "";
    if (word === "multi") return arranged(argv.slice(at + 1), before);
    if (!word.startsWith("-")) return undefined;
    if (!WITH_VALUE.has(word)) before.push(word);
    else if (word.startsWith("--")) before.push(`${word}=${argv[++at] ?? ""}`);
    else before.push(word, argv[++at] ?? "");
  }
  return undefined;
}

function arranged(after: readonly string[], before: readonly string[]): readonly string[] | undefined {
  if (after.includes("--help") || after.includes("-h")) return undefined;
  const separator = after.indexOf("--");
  const end = separator < 0 ? after.length : separator;
  return [...after.slice(0, end), ...before, ...after.slice(end)];
}
