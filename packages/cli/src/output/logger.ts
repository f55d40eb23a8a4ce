import { Writable } from "node:stream";
import { asError, type Logger } from "@q/kernel";
import { destination, type DestinationStream, pino } from "pino";
import { EXIT, UsageError } from "../errors.ts";
import { fillTemplate } from "./log-template.ts";

/** A method of the logger port. */
export type LogLevel = "debug" | "info" | "warn" | "error" | "fatal";

/** Levels of Celery's `--loglevel`, and ours for them. */
const LEVELS: Readonly<Record<string, LogLevel>> = {
  DEBUG: "debug",
  INFO: "info",
  WARNING: "warn",
  WARN: "warn",
  ERROR: "error",
  CRITICAL: "fatal",
  FATAL: "fatal",
};

const NAMES: Readonly<Record<number, string>> = {
  10: "TRACE",
  20: "DEBUG",
  30: "INFO",
  40: "WARNING",
  50: "ERROR",
  60: "CRITICAL",
};
const COLORS: Readonly<Record<number, string>> = {
  20: "\u001b[34m",
  40: "\u001b[33m",
  50: "\u001b[31m",
  60: "\u001b[35m",
};

/** Characters that are kept while the disk is full. */
const MAX_UNWRITTEN = 4_000_000;

/** Pino's number of the level. */
const ERROR = 50;

/** How a program logs. */
export interface LogOptions {
  /** As given to `--loglevel`, in any case. */
  readonly level: string;
  /** File to append to; standard error without one. */
  readonly file?: string | undefined;
  /** `text` for people, `json` (pino's own lines) for machines. */
  readonly format?: "text" | "json";
  readonly color?: boolean;
  /** Templates of Celery's for lines of text; without them our own form. */
  readonly templates?: LogTemplates;
}

/** Values of the settings `worker_log_format`, and `worker_task_log_format` for lines that belong to a task. */
export interface LogTemplates {
  readonly worker?: string | undefined;
  readonly task?: string | undefined;
}

/** The level that Celery calls `name`, in any case. @throws {UsageError} when there is none */
export function logLevel(name: string): LogLevel {
  const level = LEVELS[name.toUpperCase()];
  if (level !== undefined) return level;
  throw new UsageError(`there is no log level "${name}". Levels: ${Object.keys(LEVELS).join(", ")}.`);
}

/** @throws {UsageError} for an unknown level or a file that cannot be written */
export function createLogger(options: LogOptions): Logger {
  const level = logLevel(options.level);
  const sink = openSink(options.file);
  const form = { ...options, isDebugging: level === "debug" };
  const stream = options.format === "json" ? sink : textStream(sink, form);
  return pino({ level, base: null, serializers: { err: errorFields } }, stream) as unknown as Logger;
}

/** As pino's own serializer, but a cause that is in the text already is not said again. */
function errorFields(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  return { ...pino.stdSerializers.err(error), message: textWithCauses(error) };
}

function textWithCauses({ message, cause }: Error): string {
  if (!(cause instanceof Error)) return message;
  const reason = textWithCauses(cause);
  return message.includes(reason) ? message : `${message}: ${reason}`;
}

function openSink(file: string | undefined): DestinationStream {
  // Of an error there nobody can be told.
  if (file === undefined)
    return destination({ dest: 2, sync: true, maxLength: MAX_UNWRITTEN }).on("error", () => {});
  try {
    const sink = destination({ dest: file, sync: true, append: true, mkdir: true, maxLength: MAX_UNWRITTEN });
    let isTold = false;
    // No reason to lose a task: its lines are written when there is room again, as far as they are kept.
    return sink.on("error", ({ message }: Error) => {
      if (!isTold) process.stderr.write(`q: the log file ${file} cannot be written: ${message}\n`);
      isTold = true;
    });
  } catch (error) {
    throw new UsageError(`the log file ${file} cannot be written: ${asError(error).message}`, {
      cause: error,
      exitCode: EXIT.cannotCreate,
    });
  }
}

/** Turns pino's lines into Celery's: `[2026-11-21 10:00:00,000: INFO] task received proj.add[id]`. */
function textStream(sink: DestinationStream, form: TextForm): DestinationStream {
  return new Writable({
    decodeStrings: false,
    write(line: string, _encoding, done) {
      sink.write(formatLine(line, form));
      done();
    },
  });
}

/** How a line of text looks. */
type TextForm = Pick<LogOptions, "color" | "templates"> & { readonly isDebugging?: boolean };

/** One line of text from one line of pino. */
function formatLine(line: string, { color = false, templates = {}, isDebugging = false }: TextForm): string {
  const { level, time, msg, err, taskName, taskId, processName, ...fields } = JSON.parse(line) as Record<
    string,
    unknown
  >;
  const asctime = localTime(new Date(Number(time)));
  const levelname = NAMES[Number(level)] ?? String(level);
  const thrown = thrownOf(err, {
    isFailure: Number(level) >= ERROR,
    isOfTask: taskName !== undefined,
    isDebugging,
  });
  const data = `${dataOf(fields)}${thrown.reason}`;
  const template = taskName === undefined ? templates.worker : (templates.task ?? templates.worker);
  const text =
    template === undefined
      ? `[${asctime}: ${levelname}${typeof processName === "string" ? `/${processName}` : ""}] ${String(msg)}${taskOf(taskName, taskId)}${data}`
      : fillTemplate(template, {
          asctime,
          levelname,
          processName: typeof processName === "string" ? processName : "MainProcess",
          process: String(process.pid),
          message:
            templates.task === template
              ? `${String(msg)}${data}`
              : `${String(msg)}${taskOf(taskName, taskId)}${data}`,
          task_name: nameOf(taskName),
          task_id: nameOf(taskId),
        });
  const paint = color ? (COLORS[Number(level)] ?? "") : "";
  return `${paint}${text}${paint ? "\u001b[0m" : ""}\n${thrown.stack}`;
}

/** As Python's logging writes it, in the time of the machine: `2026-11-21 10:00:00,000`. */
function localTime(date: Date): string {
  const shifted = new Date(date.getTime() - date.getTimezoneOffset() * 60_000);
  return shifted.toISOString().replace("T", " ").replace(".", ",").slice(0, 23);
}

function taskOf(name: unknown, id: unknown): string {
  if (typeof name === "string") return ` ${name}[${nameOf(id)}]`;
  return id === undefined ? "" : ` [${nameOf(id)}]`;
}

const nameOf = (value: unknown): string => (typeof value === "string" ? value : "???");

function dataOf(fields: Readonly<Record<string, unknown>>): string {
  return Object.entries(fields)
    .filter(([, value]) => value !== undefined && value !== null)
    .map(([key, value]) => ` ${key}=${textOf(value)}`)
    .join("");
}

function textOf(value: unknown): string {
  if (typeof value === "string") return value;
  // Of a measured time nobody reads more than the microseconds.
  return JSON.stringify(typeof value === "number" ? Number(value.toFixed(6)) : value);
}

/**
 * What is shown of an error: its stack where somebody may have to look for a place in the code, otherwise its text in
 * the line. The texts of Q's own errors say what to do; that a broker is away needs no stack per attempt.
 */
function thrownOf(
  err: unknown,
  line: { readonly isFailure: boolean; readonly isOfTask: boolean; readonly isDebugging: boolean },
): { readonly reason: string; readonly stack: string } {
  if (typeof err !== "object" || err === null) return { reason: "", stack: "" };
  const { type, stack, message, code } = err as Readonly<Record<string, unknown>>;
  const isOurs = typeof code === "string" && code.startsWith("ERR_Q_");
  const hasPlace = line.isFailure && (line.isOfTask || !isOurs);
  if (typeof stack === "string" && (hasPlace || line.isDebugging)) return { reason: "", stack: `${stack}\n` };
  return { reason: isOurs ? `: ${String(message)}` : `: ${String(type)}: ${String(message)}`, stack: "" };
}
