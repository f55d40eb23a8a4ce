import { UsageError } from "../errors.ts";

/** Options by their name with dashes; `undefined` for one without a value. Their order is that of the command line. */
export type NodeOptions = ReadonlyMap<string, string | undefined>;

/** The arguments of `q multi <command>`, read but not yet given to nodes. */
export interface MultiArguments {
  /** Words that are no option: names of nodes, or one number of them. */
  readonly values: readonly string[];
  /** Options of all nodes. */
  readonly options: Map<string, string | undefined>;
  /** Options of some nodes, by the text behind the colon: `1`, `1-3`, `4,5` or a name. */
  readonly namespaces: Map<string, Map<string, string | undefined>>;
  /** What follows `--`, with it: settings for every worker. */
  readonly passthrough: readonly string[];
}

/**
 * Reads `3 -c 3 -c:1 10 -Q:1-3 images,video --pidfile=%n.pid -- key=value`. A word behind a short option is its value
 * unless it begins with a dash; a long option's value follows `=`.
 *
 * @throws {UsageError} for a lone dash
 * @see celery/apps/multi.py, NamespacedOptionParser
 */
export function parseMultiArguments(argv: readonly string[]): MultiArguments {
  const parsed: MultiArguments & { passthrough: readonly string[]; values: string[] } = {
    values: [],
    options: new Map(),
    namespaces: new Map(),
    passthrough: [],
  };
  for (let at = 0; at < argv.length; at++) {
    const word = argv[at] ?? "";
    if (word === "--") {
      parsed.passthrough = argv.slice(at);
      break;
    }
    if (word === "") continue;
    if (word === "-") throw new UsageError('q multi: there is an option without a name: "-"');
    if (word.startsWith("--")) {
      const [name = "", ...value] = word.split("=");
      addOption(parsed, name, value.length > 0 ? value.join("=") : undefined);
    } else if (word.startsWith("-")) {
      const next = argv[at + 1];
      const hasValue = next !== undefined && !next.startsWith("-");
      addOption(parsed, word, hasValue ? next : undefined);
      if (hasValue) at++;
    } else parsed.values.push(word);
  }
  return parsed;
}

function addOption(to: MultiArguments, word: string, value: string | undefined): void {
  const colon = word.indexOf(":");
  if (colon < 0) return void to.options.set(word, value);
  const [name, namespace] = [word.slice(0, colon), word.slice(colon + 1)];
  const own = to.namespaces.get(namespace) ?? new Map<string, string | undefined>();
  to.namespaces.set(namespace, own.set(name, value));
}

/** Takes an option out, under the first of its names that was given. */
export function takeOption(options: Map<string, string | undefined>, ...names: string[]): string | undefined {
  for (const name of names) {
    if (!options.has(name)) continue;
    const value = options.get(name);
    options.delete(name);
    return value ?? "";
  }
  return undefined;
}
