import { constants } from "node:os";
import { EXIT, UsageError } from "../errors.ts";
import type { Io } from "../io.ts";
import { Cluster, type ClusterOutput } from "../multi/cluster.ts";
import { ClusterNode } from "../multi/cluster-node.ts";
import { type MultiArguments, parseMultiArguments, takeOption } from "../multi/node-options.ts";
import { planCluster } from "../multi/node-plan.ts";
import { version } from "../version.ts";

/** What `q multi help` and `q multi --help` say. */
export const MULTI_USAGE: string = `q multi start <node1 node2 nodeN|number> [worker options]
q multi stop <nodes> [-SIGNAL, default -TERM]
q multi stopwait <nodes> [-SIGNAL]
q multi restart <nodes> [-SIGNAL] [worker options]
q multi kill <nodes>
q multi show <nodes> [worker options]
q multi get <node> <nodes> [worker options]
q multi names <nodes>
q multi expand <template> <nodes>

Nodes are named, or counted: 3 stands for celery1, celery2 and celery3 on this host.
An option holds for all of them, with a colon for some: -c:1 10 for the first,
-Q:1-3 a,b for a range, -l:4,5 debug for a list, -c:image 10 by name.
stop, stopwait, restart and kill find the nodes by the same --pidfile as start.

  --pidfile       default /var/run/celery/%n.pid, where that may be written, else ./%n.pid
  --logfile, -f   default /var/log/celery/%n%I.log, else ./%n%I.log
  --hostname, -n  host part of the names; default this host
  --range-prefix  name before the number; default celery
  --prefix, --suffix, --cmd, --append, --executable
  --nosplash, --quiet (-q), --verbose, --no-color, --json (names, show, get, expand)

%n is the short name of a node, %p the whole, %d its host; %i and %I are left to the worker.`;

const FLAGS = ["--nosplash", "--quiet", "-q", "--verbose", "--no-color", "-C", "--json"] as const;

/** What `q multi` takes behind its name. */
export const MULTI_COMMANDS: readonly string[] =
  "start stop stopwait restart kill show get names expand help".split(" ");

/** Runs `q multi` with what follows that word, and with the global options that stood before it. */
export async function runMulti(argv: readonly string[], io: Io): Promise<number> {
  const flags = new Set(argv.filter((word) => (FLAGS as readonly string[]).includes(word)));
  const [command = "help", ...words] = argv.filter((word) => !flags.has(word));
  const output = outputOf(io, flags);
  if (Object.hasOwn(ACTIONS, command)) {
    if (!flags.has("--nosplash")) output.note(`q multi v${version}`);
    return (await ACTIONS[command]?.(parseMultiArguments(words), output)) ?? EXIT.ok;
  }
  if (command === "help") {
    io.out(MULTI_USAGE);
    return EXIT.ok;
  }
  const answer = answerTo(command, words);
  if (answer === undefined) return EXIT.failure;
  io.out(flags.has("--json") ? JSON.stringify(answer.rows) : answer.lines.join("\n"));
  return EXIT.ok;
}

type Action = (given: MultiArguments, output: ClusterOutput) => Promise<number>;

const stop =
  (wait: boolean): Action =>
  async (given, output) => {
    const signal = takeSignal(given);
    await clusterOf(given, output).stop({ signal, wait });
    return EXIT.ok;
  };

/** What changes something. */
const ACTIONS: Readonly<Record<string, Action>> = {
  start: async (given, output) => exitCode(await clusterOf(given, output).start()),
  stop: stop(false),
  stopwait: stop(true),
  stop_verify: stop(true),
  restart: async (given, output) => {
    const signal = takeSignal(given);
    return exitCode(await clusterOf(given, output).restart(signal));
  },
  kill: async (given, output) => {
    clusterOf(given, output).kill();
    return EXIT.ok;
  },
};

/** The same as data and as lines of text. */
interface Answer {
  readonly rows: readonly unknown[];
  readonly lines: readonly string[];
}

/** What only tells; `undefined` when the node asked for is not among them. */
function answerTo(command: string, words: readonly string[]): Answer | undefined {
  const [first = "", ...rest] = words;
  switch (command) {
    case "names": {
      const names = nodesOf(parseMultiArguments(words)).map(({ name }) => name);
      return { rows: names, lines: names };
    }
    case "show": {
      const nodes = nodesOf(parseMultiArguments(words));
      const rows = nodes.map(({ name, command: line, pidfile, logfile }) => ({
        name,
        command: line,
        pidfile,
        logfile,
      }));
      return { rows, lines: nodes.map((node) => shellLine(node.command)) };
    }
    case "get": {
      const node = nodesOf(parseMultiArguments(rest)).find(({ name }) => name === first);
      return node && { rows: node.command, lines: [shellLine(node.command)] };
    }
    case "expand": {
      const texts = nodesOf(parseMultiArguments(rest)).map((node) => node.expand(first));
      return { rows: texts, lines: texts };
    }
    default:
      throw new UsageError(`q multi has no command "${command}". See q multi help`);
  }
}

const exitCode = (isWell: boolean): number => (isWell ? EXIT.ok : EXIT.failure);

function nodesOf(given: MultiArguments): ClusterNode[] {
  const { nodes, ...rest } = planCluster(given);
  return nodes.map((node) => new ClusterNode(node, rest));
}

function clusterOf(given: MultiArguments, output: ClusterOutput): Cluster {
  return new Cluster(nodesOf(given), output);
}

/** Takes `-KILL`, `-SIGQUIT` or `-9` out of the options; TERM without one. */
function takeSignal({ options }: MultiArguments): NodeJS.Signals {
  for (const option of options.keys()) {
    const text = option.slice(1).toUpperCase();
    const name = Object.entries(constants.signals).find(
      ([signal, number]) => signal === text || signal === `SIG${text}` || String(number) === text,
    )?.[0];
    if (name === undefined || option.startsWith("--")) continue;
    takeOption(options, option);
    return name as NodeJS.Signals;
  }
  return "SIGTERM";
}

function outputOf(io: Io, flags: ReadonlySet<string>): ClusterOutput {
  const codes = { blue: 34, green: 32, magenta: 35, red: 31 };
  const isQuiet = flags.has("--quiet") || flags.has("-q");
  const isColored = io.color && !flags.has("--no-color") && !flags.has("-C");
  return {
    note: isQuiet ? () => {} : io.out,
    info: flags.has("--verbose") ? io.out : () => {},
    paint: (text, color) => (isColored ? `\u001b[${codes[color]}m${text}\u001b[0m` : text),
  };
}

/** A line that a shell reads as these words. */
function shellLine(words: readonly string[]): string {
  return words
    .map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`))
    .join(" ");
}
