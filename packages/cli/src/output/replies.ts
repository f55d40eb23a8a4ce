import type { Io } from "../io.ts";

/** How answers are printed. */
export interface ReplyStyle {
  readonly color: boolean;
  /** Only the answers, without arrows and the number of nodes. */
  readonly quiet: boolean;
  /** What was answered, and not only that somebody did. */
  readonly body: boolean;
}

/** Prints the answer of one node, as Celery does: a line with its name, and what it said below. */
export function printReply(io: Io, reply: Readonly<Record<string, unknown>>, style: ReplyStyle): void {
  const paint = (text: string, code: number): string =>
    style.color ? `\u001b[${code};1m${text}\u001b[0m` : text;
  for (const [node, answer] of Object.entries(reply)) {
    const { isError, lines } = described(answer);
    const status = isError ? paint("ERROR", 31) : paint("OK", 32);
    io.out(`${style.quiet ? "" : `${paint("->", 37)}  `}${paint(`${node}: `, 36)}${status}`);
    if (style.body) for (const line of lines) io.out(`    ${line}`);
  }
}

/** One of the nodes could not do what it was asked. */
export function hasError(replies: readonly Readonly<Record<string, unknown>>[]): boolean {
  return replies.some((reply) => Object.values(reply).some((answer) => described(answer).isError));
}

/** Tells which of the nodes that were named have not answered. */
export function printMissing(
  io: Io,
  replies: readonly Readonly<Record<string, unknown>>[],
  named: readonly string[] | undefined,
): void {
  const missing = (named ?? []).filter((node) => !replies.some((reply) => Object.hasOwn(reply, node)));
  if (missing.length > 0) io.err(`No answer from ${missing.join(", ")}`);
}

/** `2 nodes online.`, after an empty line. */
export function printNodeCount(io: Io, count: number): void {
  io.out("");
  io.out(`${count} ${count === 1 ? "node" : "nodes"} online.`);
}

function described(answer: unknown): { readonly isError: boolean; readonly lines: readonly string[] } {
  if (Array.isArray(answer)) {
    const items = answer.map((item) => `* ${typeof item === "string" ? item : JSON.stringify(item)}`);
    return { isError: false, lines: items.length === 0 ? ["- empty -"] : items };
  }
  if (typeof answer === "string") return { isError: false, lines: answer.trimEnd().split("\n") };
  if (answer === null) return { isError: false, lines: [] };
  if (typeof answer !== "object") return { isError: false, lines: [JSON.stringify(answer)] };
  if ("ok" in answer) return { isError: false, lines: indented(described(answer.ok).lines) };
  if ("error" in answer) return { isError: true, lines: indented(described(answer.error).lines) };
  return { isError: false, lines: JSON.stringify(sorted(answer), null, 4).split("\n") };
}

const indented = (lines: readonly string[]): string[] => lines.map((line) => `    ${line}`);

function sorted(value: object): object {
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
