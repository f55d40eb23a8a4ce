import { hostname } from "node:os";
import { UsageError } from "../errors.ts";
import { type MultiArguments, type NodeOptions, takeOption } from "./node-options.ts";

/** A node of the cluster, as the command line describes it. */
export interface PlannedNode {
  /** `short@host`. */
  readonly name: string;
  readonly options: NodeOptions;
}

/** All nodes, and what holds for each of them. */
export interface ClusterPlan {
  readonly nodes: readonly PlannedNode[];
  /** Arguments put before the worker's own options instead of `worker --detach`. */
  readonly cmd: string | undefined;
  /** Arguments at the end of every command. */
  readonly append: string | undefined;
  readonly passthrough: readonly string[];
}

/**
 * Gives every node its name and its options. One number stands for so many nodes, `celery1` to `celeryN`
 * (`--range-prefix`); `-c:1`, `-c:1-3` and `-c:4,5` mean nodes by their place, `-c:name` by their name.
 *
 * @throws {UsageError} when no node is named, or an option is for one that is not there
 * @see celery/apps/multi.py, MultiParser
 */
export function planCluster(given: MultiArguments): ClusterPlan {
  const options = new Map(given.options);
  const cmd = takeOption(options, "--cmd");
  const append = takeOption(options, "--append");
  const host = takeOption(options, "--hostname", "-n") ?? hostname();
  const prefix = takeOption(options, "--prefix") ?? "";
  const suffix = takeOption(options, "--suffix") || host;
  const rangePrefix = takeOption(options, "--range-prefix") || "celery";
  if (given.values.length === 0) throw new UsageError("q multi: which nodes? Name them, or say how many.");
  const [first = ""] = given.values;
  const isRange = given.values.length === 1 && /^\d+$/.test(first);
  const words = isRange ? Array.from({ length: Number(first) }, (_, at) => `${at + 1}`) : [...given.values];
  if (words.length === 0) throw new UsageError("q multi: a cluster has at least one node.");
  const own = optionsByNode(given.namespaces, words, isRange);
  const nodes = words.map((word) => {
    const name = nodeNameOf(isRange ? `${rangePrefix}${word}` : word, {
      prefix: isRange ? "" : prefix,
      suffix,
    });
    const special = own.get(word) ?? own.get(name) ?? new Map<string, string | undefined>();
    own.delete(word);
    own.delete(name);
    return { name, options: new Map([...options, ...special]) };
  });
  const [unused] = own.keys();
  if (unused !== undefined)
    throw new UsageError(`q multi: there is no node "${unused}" to give an option to.`);
  return { nodes, cmd, append, passthrough: given.passthrough };
}

function nodeNameOf(word: string, { prefix, suffix }: { prefix: string; suffix: string }): string {
  const name = word.includes("@")
    ? word
    : `${prefix}${word}@${suffix === '""' || suffix === "''" ? "" : suffix}`;
  const [domain = ""] = /(?<=\.).*/.exec(hostname()) ?? [];
  const known: Readonly<Record<string, string>> = {
    h: hostname(),
    n: hostname().split(".")[0] ?? "",
    d: domain,
  };
  return name.replaceAll(/%([hnd%])/g, (_match, letter: string) =>
    letter === "%" ? "%" : (known[letter] ?? ""),
  );
}

/** Namespaces resolved to the words of the command line; later ones win. */
function optionsByNode(
  namespaces: MultiArguments["namespaces"],
  words: readonly string[],
  isRange: boolean,
): Map<string, Map<string, string | undefined>> {
  const own = new Map<string, Map<string, string | undefined>>();
  for (const [namespace, options] of namespaces) {
    for (const part of namespace.split(",")) {
      for (const word of wordsOf(part, words, isRange)) {
        const known = own.get(word) ?? new Map<string, string | undefined>();
        for (const [name, value] of options) known.set(name, value);
        own.set(word, known);
      }
    }
  }
  return own;
}

/** A number is a place in the list, `1-3` several; anything else is a name. */
function wordsOf(part: string, words: readonly string[], isRange: boolean): readonly string[] {
  const range = /^(\d+)-(\d+)$/.exec(part);
  if (range && isRange) return words.slice(placeOf(range[1], words), placeOf(range[2], words) + 1);
  return /^\d+$/.test(part) ? [words[placeOf(part, words)] ?? part] : [part];
}

function placeOf(digits: string | undefined, words: readonly string[]): number {
  const place = Number(digits) - 1;
  if (place < 0) throw new UsageError(`q multi: nodes are counted from 1, there is no node ${digits}.`);
  if (place >= words.length) throw new UsageError(`q multi: there is no node at place ${digits}.`);
  return place;
}
