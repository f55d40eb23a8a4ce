import { didYouMean, nearestName } from "@q/kernel";
import { type CommandGroup, COMMANDS, GROUPS, type LazyCommand } from "../commands/index.ts";

/** The word that a command begins with. */
export const wordOf = (usage: string): string => usage.split(" ")[0] ?? "";

/** The words of our own commands. */
export const NAMES: readonly string[] = [...Object.keys(COMMANDS), ...Object.keys(GROUPS)].map(wordOf);

/** Programs of old Celery versions, and what is typed instead. */
const OLD_PROGRAMS: Readonly<Record<string, string>> = {
  celeryd: "q worker",
  celerybeat: "q beat",
  "celeryd-detach": "q worker, under a service manager",
  celery: "q itself",
};

/** What hints are made from. */
export interface Typed {
  readonly argv: readonly string[];
  /** Names of the options that may be given. */
  readonly options: ReadonlySet<string>;
  /** Commands of other packages, by their usage. */
  readonly plugins: Readonly<Record<string, LazyCommand>>;
}

/** The parser's message, with a hint where a slip is likely. */
export function helpful(raw: string, { argv, options, plugins }: Typed): string {
  const message = withoutSecondNames(raw);
  if (message.startsWith("Not enough non-option arguments"))
    return `usage: q ${usageOf(argv, { ...COMMANDS, ...GROUPS, ...plugins })}.`;
  const text = /[.?!]$/.test(message) ? message : `${message}.`;
  const unknown = /^Unknown (?:argument|command)s?: ([^\s,]+)/.exec(message)?.[1];
  if (unknown === undefined) return text;
  const names = [...NAMES, ...Object.keys(plugins).map(wordOf)];
  if (names.some((command) => argv.includes(command))) return `${text}${didYouMeanOption(unknown, options)}`;
  const now = OLD_PROGRAMS[unknown];
  if (now !== undefined) return `"${unknown}" is now ${now}.`;
  return `there is no command "${unknown}".${didYouMean(unknown, names)}`;
}

/** The parser knows an option with dashes by two names, and complains of both. */
function withoutSecondNames(message: string): string {
  const list = /^Unknown arguments: (.+)$/.exec(message)?.[1];
  if (list === undefined) return message;
  const names = list.split(", ");
  const second = new Set(names.filter((name) => name.includes("-")).map(camelCase));
  const typed = names.filter((name) => !second.has(name));
  return `Unknown argument${typed.length > 1 ? "s" : ""}: ${typed.join(", ")}`;
}

const camelCase = (name: string): string =>
  name.replace(/-+(.)/g, (_, letter: string) => letter.toUpperCase());

/** The usage of the command that was typed: of the innermost one, where commands have commands below them. */
function usageOf(argv: readonly string[], commands: Readonly<Record<string, Partial<CommandGroup>>>): string {
  const found = Object.entries(commands).find(([usage]) => argv.includes(wordOf(usage)));
  if (found === undefined) return "";
  const [usage, { commands: below = {} }] = found;
  const rest = usageOf(argv, below);
  return rest === "" ? usage : `${wordOf(usage)} ${rest}`;
}

function didYouMeanOption(unknown: string, options: ReadonlySet<string>): string {
  const nearest = nearestName(unknown, options);
  return nearest === undefined ? "" : ` Did you mean --${nearest}?`;
}
