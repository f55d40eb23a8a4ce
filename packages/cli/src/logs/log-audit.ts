/** What a line of a worker's log says of a task. */
type TaskFact = "received" | "succeeded" | "failed" | "retried" | "started" | "other";

/** A line that begins an entry, and the lines of its stack. */
export interface LogEntry {
  readonly fact: TaskFact;
  readonly name: string;
  readonly id: string;
  /** The whole text, stack included. */
  readonly text: string;
}

const START = /^\[\d{4}-\d\d-\d\d[ T]/;
/** `Task proj.add[id] succeeded in …` of Python, `task succeeded proj.add[id] …` of ours. */
const PYTHON = /\] Task ([\w.-]+)\[([^\]]+)\] (.*)/;
const OURS = /\] task (\w+).*? ([\w.-]+)\[([^\]]+)\]/;

const WORDS: readonly (readonly [RegExp, TaskFact])[] = [
  [/^received/, "received"],
  [/^succeeded/, "succeeded"],
  [/^(raised|failed|internal error|was ended)/, "failed"],
  [/^(retry|will be retried|will)/, "retried"],
  [/^(started|accepted)/, "started"],
];

/** Reads logs of Q's and of Celery's workers, in text or as JSON lines, and counts what became of the tasks. */
export class LogAudit {
  readonly counts: Map<string, number> = new Map();
  readonly #received = new Map<string, string>();
  readonly #ended = new Set<string>();
  readonly #onEntry: (entry: LogEntry) => void;
  readonly #onUnknown: (line: string) => void;
  #open: string[] = [];
  errors = 0;
  succeeded = 0;

  constructor(on: { entry?: (entry: LogEntry) => void; unknown?: (line: string) => void } = {}) {
    this.#onEntry = on.entry ?? (() => {});
    this.#onUnknown = on.unknown ?? (() => {});
  }

  /** Takes the next line. An entry is complete when the next one begins, or at {@link end}. */
  line(line: string): void {
    if (START.test(line) || line.startsWith("{")) this.#close();
    this.#open.push(line);
  }

  end(): void {
    this.#close();
  }

  /** Tasks that were received and did not end, with their names. */
  get incomplete(): ReadonlyMap<string, string> {
    return new Map([...this.#received].filter(([id]) => !this.#ended.has(id)));
  }

  get total(): number {
    return this.#received.size;
  }

  get completed(): number {
    return this.#ended.size;
  }

  #close(): void {
    const lines = this.#open;
    this.#open = [];
    const [first = ""] = lines;
    if (first === "") return;
    const read = first.startsWith("{") ? readJson(first) : readText(first);
    if (read === undefined) {
      for (const line of lines) this.#onUnknown(line);
      return;
    }
    const text = [read.text ?? first, ...lines.slice(1)].join("\n");
    this.#count(read);
    this.#onEntry({ fact: read.fact, name: read.name, id: read.id, text });
  }

  #count({ fact, name, id }: { fact: TaskFact; name: string; id: string }): void {
    if (fact === "received" && !this.#received.has(id)) {
      this.#received.set(id, name);
      this.counts.set(name, (this.counts.get(name) ?? 0) + 1);
    }
    if (fact === "failed") this.errors++;
    if (fact === "succeeded") this.succeeded++;
    if (fact === "failed" || fact === "succeeded") this.#ended.add(id);
  }
}

interface ReadLine {
  readonly fact: TaskFact;
  readonly name: string;
  readonly id: string;
  readonly text?: string;
}

function readText(line: string): ReadLine | undefined {
  const python = PYTHON.exec(line);
  if (python) return { fact: factOf(python[3] ?? ""), name: python[1] ?? "", id: python[2] ?? "" };
  const ours = OURS.exec(line);
  return ours
    ? { fact: factOf(/\] task (.*)/.exec(line)?.[1] ?? ""), name: ours[2] ?? "", id: ours[3] ?? "" }
    : undefined;
}

function readJson(line: string): ReadLine | undefined {
  try {
    const { msg, taskName, taskId, err } = JSON.parse(line) as Record<string, unknown>;
    if (typeof msg !== "string" || typeof taskName !== "string" || typeof taskId !== "string")
      return undefined;
    const stack = (err as { stack?: unknown } | undefined)?.stack;
    return {
      fact: factOf(msg.replace(/^task /, "")),
      name: taskName,
      id: taskId,
      text: typeof stack === "string" ? `${line}\n${stack}` : line,
    };
  } catch {
    return undefined;
  }
}

function factOf(words: string): TaskFact {
  return WORDS.find(([form]) => form.test(words))?.[1] ?? "other";
}
