import yargs, { type Argv, type Options } from "yargs";
import { type Command, COMMANDS, GROUPS, type LazyCommand } from "../commands/index.ts";
import { type Environment, withEnvironment } from "../environment.ts";
import { UsageError } from "../errors.ts";
import { type Extensions, findExtensions, noExtensions } from "../extensions/extensions.ts";
import { globalOptions } from "../global-options.ts";
import type { Io } from "../io.ts";
import { version } from "../version.ts";
import { completedWords, COMPLETIONS, withoutDoubledDashes } from "./completions.ts";
import { helpful, NAMES, wordOf } from "./hints.ts";

/** A command and its arguments, as they were typed. */
export class TypedCommand extends Error {
  readonly command: LazyCommand;
  readonly args: unknown;

  constructor(command: LazyCommand, args: unknown) {
    super("a command was typed");
    this.command = command;
    this.args = args;
  }
}

/** The command line has a word that is neither a command nor an option of ours. */
class UnknownWordError extends UsageError {}

/**
 * The command that was typed; nothing when the parser has answered already, with the help or the version. Commands of
 * other packages and options of the app are looked for when they are needed: for the help, and for an unknown word.
 *
 * @throws {UsageError}
 */
export async function parse(argv: readonly string[], io: Io): Promise<TypedCommand | undefined> {
  const completed = await completedWords(argv, io);
  if (completed !== undefined) {
    for (const word of completed) io.out(word);
    return undefined;
  }
  if (wantsHelp(argv) || argv.includes(COMPLETIONS))
    return parseWith(await findExtensions(argv, io), argv, io);
  try {
    return await parseWith(noExtensions, argv, io);
  } catch (error) {
    if (!(error instanceof UnknownWordError)) throw error;
    return parseWith(await findExtensions(argv, io), argv, io);
  }
}

async function parseWith(
  extensions: Extensions,
  argv: readonly string[],
  io: Io,
): Promise<TypedCommand | undefined> {
  const known = new Set<string>();
  const epilogue = async (command: Command): Promise<string> =>
    (wantsHelp(argv) ? await command.epilogue?.(argv, io) : undefined) ?? "";
  try {
    await program(argv, { env: io.env, known, epilogue, extensions })
      .exitProcess(false)
      .fail((message, error) => {
        const Class = message.startsWith("Unknown ") ? UnknownWordError : UsageError;
        throw (
          error ??
          new Class(
            `${helpful(message, { argv, options: known, plugins: extensions.commands })} See q --help`,
          )
        );
      })
      .parseAsync([...argv], {}, (_error, _args, output) => {
        if (output) io.out(argv.includes(COMPLETIONS) ? withoutDoubledDashes(output) : output);
      });
    return undefined;
  } catch (thrown) {
    if (thrown instanceof TypedCommand) return thrown;
    throw thrown;
  }
}

/** What the options of commands default to, and what else their help needs. */
interface Surroundings {
  readonly env: Environment;
  /** Names of the options that may be given; those of a command join them when it is loaded. */
  readonly known: Set<string>;
  /** What belongs at the end of a command's help; worked out only when the help is asked for. */
  readonly epilogue: (command: Command) => Promise<string>;
  readonly extensions: Extensions;
}

const wantsHelp = (argv: readonly string[]): boolean =>
  argv.some((text) => text === "--help" || text === "-h");

function program(argv: readonly string[], surroundings: Surroundings): Argv {
  const parser = yargs([...argv])
    .scriptName("q")
    .usage("$0 [global options] <command> [options]")
    // Of an option given twice the last one counts, as in Celery.
    .parserConfiguration({
      "populate--": true,
      "boolean-negation": false,
      "duplicate-arguments-array": false,
      // A task may be called 0x10.
      "parse-positional-numbers": false,
    })
    .options(prepared(globalOptions, { prefix: "CELERY", surroundings }))
    .group([...Object.keys(globalOptions), "version", "help"], "Global options:");
  withCommands(parser, COMMANDS, surroundings);
  for (const [name, { describe, commands }] of Object.entries(GROUPS)) {
    const examples = Object.keys(commands).map((usage) => `q ${name} ${usage}`);
    parser.command(name, describe, (group) =>
      withCommands(group, commands, surroundings)
        .demandCommand(1, `Which of them? ${examples.join(", ")}.`)
        .strict(),
    );
  }
  const foreign = Object.entries(surroundings.extensions.commands).filter(
    ([usage]) => !NAMES.includes(wordOf(usage)),
  );
  withCommands(parser, Object.fromEntries(foreign), surroundings);
  return (
    parser
      .demandCommand(1, `Which command? ${NAMES.join(", ")}.`)
      .strict()
      .check(refuseNonNumbers)
      .version("version", "print the version", version)
      // Asks for completions in the shell's name; the scripts are those of q completion.
      .completion("get-completions", false)
      .help("help", "print this help")
      .alias("help", "h")
      .wrap(100)
  );
}

function withCommands(
  parser: Argv,
  commands: Readonly<Record<string, LazyCommand>>,
  surroundings: Surroundings,
): Argv {
  const { epilogue, extensions } = surroundings;
  for (const [usage, command] of Object.entries(commands)) {
    const name = wordOf(usage);
    const prefix = `CELERY_${name}`;
    const options = async (own: Argv): Promise<Argv> => {
      const loaded = await command.load();
      // The parser keeps only the last of several arguments that it has a name for.
      if (loaded.usage !== undefined) own.strict(false).strictOptions().usage(loaded.usage);
      const ofApp = without(extensions.optionsOf(name), { ...globalOptions, ...loaded.options });
      own
        .options(prepared({ ...loaded.options, ...ofApp }, { prefix, surroundings }))
        .group(ungrouped(loaded), "Options:")
        .group(Object.keys(ofApp), "Options of the app:")
        .epilogue(await epilogue(loaded));
      for (const [title, names] of Object.entries(loaded.groups ?? {})) own.group([...names], title);
      return command.commands === undefined ? own : withCommands(own, command.commands, surroundings);
    };
    // The types of yargs lag behind: it awaits builders, and so does parseAsync.
    parser.command(usage, command.describe, options as unknown as (own: Argv) => Argv, (args) => {
      // After a handler that returns, yargs lays out the whole help, a tenth of what it takes to start a worker.
      throw new TypedCommand(command, args);
    });
  }
  return parser;
}

/** The options whose names are not taken. */
function without(
  options: Readonly<Record<string, Options>>,
  taken: Readonly<Record<string, Options>>,
): Readonly<Record<string, Options>> {
  return Object.fromEntries(Object.entries(options).filter(([name]) => !Object.hasOwn(taken, name)));
}

/** Options that the command has put under no title of its own. */
function ungrouped({ options, groups = {} }: Command): string[] {
  const grouped = new Set(Object.values(groups).flat());
  return Object.keys(options).filter((name) => !grouped.has(name));
}

/** The options with their defaults from the environment; those that take a value refuse to be given without. */
function prepared(
  options: Readonly<Record<string, Options>>,
  { prefix, surroundings }: { prefix: string; surroundings: Surroundings },
): Readonly<Record<string, Options>> {
  for (const [name, { alias = [] }] of Object.entries(options))
    for (const one of [name, ...[alias].flat()]) if (one.length > 1) surroundings.known.add(one);
  const taking = Object.entries(options).map(([name, option]): [string, Options] => [
    name,
    option.type === "boolean" ? option : { ...option, requiresArg: true },
  ]);
  return withEnvironment(Object.fromEntries(taking), { prefix, env: surroundings.env });
}

/** The parser makes `NaN` of a text where a number is wanted, and goes on. */
function refuseNonNumbers(args: Readonly<Record<string, unknown>>): true {
  const names = Object.keys(args).filter((key) => Number.isNaN(args[key]));
  // Of an option's names the long one comes to mind sooner.
  const name = names.find((one) => one.length > 1) ?? names[0];
  if (name !== undefined) throw new UsageError(`--${name} wants a number`);
  return true;
}
