import { effectiveBrokerUrl } from "@q/core/internal";
import { Worker } from "@q/worker";
import { EXIT, UsageError } from "../errors.ts";
import type { GlobalArguments } from "../global-options.ts";
import type { Io } from "../io.ts";
import { openApp } from "../open-app.ts";
import { type DotNode, dotGraph } from "../output/dot.ts";

/** Arguments behind the name of the command. */
type GraphArguments = GlobalArguments & { _?: readonly (string | number)[] };

/** Parts that need a broker: those of Celery's consumer, which is a blueprint of its own there. */
const isOfConsumer = ({ name, requires }: { name: string; requires: readonly string[] }): boolean =>
  name !== "autoscaler" && (name === "connection" || requires.length > 0);

/**
 * Prints the parts of a worker and what each of them needs, in Graphviz's language; with `worker` or `consumer` only
 * what Celery has in the blueprint of that name.
 *
 * @throws {UsageError} for another name
 */
export async function runGraphBootsteps(args: GraphArguments, io: Io): Promise<number> {
  const wanted = new Set((args._ ?? []).slice(2).map(String));
  for (const word of wanted)
    if (word !== "worker" && word !== "consumer") throw new UsageError(`there is no blueprint "${word}"`);
  await using app = await openApp(args, io);
  const { bootsteps: all } = new Worker(app, { pool: "solo" });
  const bootsteps = all.filter(
    (step) => wanted.size === 0 || wanted.has(isOfConsumer(step) ? "consumer" : "worker"),
  );
  io.out(
    dotGraph("bootsteps", {
      nodes: bootsteps.map(({ name }) => ({ id: name, label: name, attributes: { shape: "box" } })),
      edges: bootsteps.flatMap(({ name, requires }) =>
        requires
          .filter((other) => bootsteps.some((step) => step.name === other))
          .map((other) => [name, other] as const),
      ),
    }),
  );
  return EXIT.ok;
}

/**
 * Prints workers, their executors, the broker and the result backend in Graphviz's language. Asks the workers that are
 * online, unless `nodes:a,b` names them; `threads:2,4` gives their executors, `wmax:` and `tmax:` shorten long lists,
 * `generic` leaves URLs out, `enumerate` numbers instead of naming.
 *
 * @see celery/bin/graph.py
 */
export async function runGraphWorkers(args: GraphArguments, io: Io): Promise<number> {
  const options = new Map(
    (args._ ?? []).slice(2).map((word) => {
      const [key = "", ...value] = String(word).split(/[:=]/);
      return [key, value.join(":")] as const;
    }),
  );
  await using app = await openApp(args, io);
  const workers = options.has("nodes") ? named(options) : await asked(app);
  const isGeneric = options.has("generic");
  const max = { workers: limit(options, "wmax", 4), executors: limit(options, "tmax", 3) };
  const shown = shorten(workers, max.workers);
  const nodes: DotNode[] = [
    {
      id: "broker",
      label: isGeneric ? "Broker" : uriOf(effectiveBrokerUrl(app.conf)),
      attributes: { shape: "circle" },
    },
  ];
  const edges: (readonly [string, string])[] = [];
  const { resultBackend } = app.conf;
  if (resultBackend) {
    nodes.push({
      id: "backend",
      label: isGeneric ? "Backend" : uriOf(resultBackend),
      attributes: { shape: "folder" },
    });
  }
  for (const [at, worker] of shown.entries()) {
    const id = `worker ${at + 1}`;
    const label = options.has("enumerate") ? `Worker ${worker.place}` : worker.name;
    nodes.push({ id, label, attributes: { shape: "box" } });
    edges.push([id, "broker"]);
    if (resultBackend) edges.push([id, "backend"]);
    const executors = Array.from({ length: worker.executors }, (_, index) => ({ name: `P${index + 1}` }));
    for (const executor of shorten(executors, max.executors)) {
      const own = `${id} ${executor.name}`;
      nodes.push({ id: own, label: executor.name, attributes: { shape: "oval" } });
      edges.push([own, id]);
    }
  }
  io.out(dotGraph("workers", { nodes, edges }));
  return EXIT.ok;
}

interface ShownWorker {
  readonly name: string;
  readonly place: number;
  readonly executors: number;
}

function named(options: ReadonlyMap<string, string>): ShownWorker[] {
  const threads = (options.get("threads") ?? "").split(",").filter((text) => text !== "");
  return (options.get("nodes") ?? "").split(",").map((name, at) => {
    const executors = Number(threads[at] ?? 0);
    if (!Number.isInteger(executors)) throw new UsageError(`threads:${threads[at]} is no number`);
    return { name, place: at + 1, executors };
  });
}

async function asked(app: Awaited<ReturnType<typeof openApp>>): Promise<ShownWorker[]> {
  const replies = Object.entries((await app.control.inspect().stats()) ?? {});
  if (replies.length === 0)
    throw new UsageError("no worker answered; name them: nodes:a,b", { exitCode: EXIT.unavailable });
  return replies.map(([name, stats], at) => {
    const pool = (stats as { pool?: Record<string, unknown> }).pool ?? {};
    return { name, place: at + 1, executors: Number(pool["max-concurrency"] ?? 0) };
  });
}

function limit(options: ReadonlyMap<string, string>, name: string, fallback: number): number {
  const text = options.get(name);
  return text === undefined || text === "" ? fallback : Number(text);
}

/** The first ones and the last, with a mark for those between; 0 shows all. */
function shorten<TItem extends { readonly name: string }>(items: readonly TItem[], max: number): TItem[] {
  if (max < 2 || items.length <= max) return [...items];
  const last = items[items.length - 1] as TItem;
  const left = items.length - max + 1;
  return [...items.slice(0, max - 2), { ...last, name: `… ${left} more` }, last];
}

/** Without its password. */
function uriOf(url: string | readonly string[]): string {
  const [first = ""] = [url].flat() as string[];
  return first.replace(/(:\/\/[^:@/]*):[^@/]*@/, "$1:**@");
}
