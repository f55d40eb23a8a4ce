import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import { EXIT, UsageError } from "../errors.ts";
import type { Io } from "../io.ts";
import { LogAudit } from "../logs/log-audit.ts";

/** Options of `q logtool`. */
export const logtoolOptions = {
  json: { alias: "j", type: "boolean", describe: "print JSON" },
} as const;

/** Usage of `q logtool`. */
export const LOGTOOL_USAGE: string = `q logtool stats <files>       totals, and calls by task
q logtool traces <files>      entries of failed tasks, with their stacks
q logtool errors <files>      the same without the stacks
q logtool incomplete <files>  tasks that were received and did not end
q logtool debug <files>       lines that say nothing of a task

Reads logs of q worker and of celery worker at level INFO, as text or as JSON lines; - is standard input.`;

/** What it takes behind its name. */
export const LOGTOOL_COMMANDS: readonly string[] = ["stats", "traces", "errors", "incomplete", "debug"];

/** Tells from logs what became of the tasks. */
export async function runLogtool(
  args: { json?: boolean | undefined; _?: readonly (string | number)[] },
  io: Io,
): Promise<number> {
  const [what = "", ...files] = (args._ ?? []).slice(1).map(String);
  const isJson = args.json === true;
  const say = (text: string, data: unknown): void => io.out(isJson ? JSON.stringify(data) : text);
  const audit = auditFor(what, say);
  if (audit === undefined)
    throw new UsageError(`q logtool has no "${what}": stats, traces, errors, incomplete or debug.`);
  if (files.length === 0) throw new UsageError("q logtool: which files? - is standard input.");
  for (const file of files) await read(file, audit);
  if (what === "stats") stats(audit, say);
  if (what === "incomplete") for (const [id, name] of audit.incomplete) say(`${name}[${id}]`, { id, name });
  return EXIT.ok;
}

type Say = (text: string, data: unknown) => void;

function auditFor(what: string, say: Say): LogAudit | undefined {
  switch (what) {
    case "stats":
    case "incomplete":
      return new LogAudit();
    case "debug":
      return new LogAudit({ unknown: (line) => say(line, { line }) });
    case "traces":
    case "errors":
      return new LogAudit({
        entry: ({ fact, name, id, text }) => {
          if (fact !== "failed") return;
          const shown = what === "traces" ? text : (text.split("\n", 1)[0] ?? "");
          say(shown, { id, name, text: shown });
        },
      });
    default:
      return undefined;
  }
}

async function read(file: string, audit: LogAudit): Promise<void> {
  const input = file === "-" ? process.stdin : createReadStream(file);
  try {
    for await (const line of createInterface({ input, crlfDelay: Infinity })) audit.line(line);
  } catch (error) {
    throw new UsageError(`${file} cannot be read`, { cause: error });
  }
  audit.end();
}

function stats(audit: LogAudit, say: Say): void {
  const types = [...audit.counts].toSorted(([, a], [, b]) => b - a);
  const { total, errors, succeeded, completed } = audit;
  const lines = [
    "Report",
    "======",
    `Task total: ${total}`,
    `Task errors: ${errors}`,
    `Task success: ${succeeded}`,
    `Task completed: ${completed}`,
    "Tasks",
    "=====",
    ...types.map(([name, count]) => `${name}: ${count}`),
  ];
  say(lines.join("\n"), { total, errors, succeeded, completed, tasks: Object.fromEntries(types) });
}
