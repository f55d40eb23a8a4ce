import { asError, didYouMean, QError } from "@q/kernel";
import yargs, { type Argv } from "yargs";
import { type Command, COMMANDS, GROUPS, type LazyCommand } from "./commands/index.ts";
import { type Environment, withEnvironment } from "./environment.ts";
import { EXIT, exitCodeOf, UsageError } from "./errors.ts";
import { globalOptions } from "./global-options.ts";
import { type Io, processIo } from "./io.ts";
import { multiArguments } from "./multi/multi-arguments.ts";
import { version } from "./version.ts";

const NAMES = [
  ...Object.keys(COMMANDS).map((usage) => usage.split(" ")[0] as string),
  ...Object.keys(GROUPS),
];

/** Runs `q` with these arguments (without the program's name) and returns its exit code. Never throws. */
export async function main(argv: readonly string[], io: Io = processIo()): Promise<number> {
  let exitCode: number = EXIT.ok;
  const run = async (command: LazyCommand, args: unknown): Promise<void> => {
    const { run } = await command.load();
    exitCode = await run(args as never, io);
  };
  try {
    const multi = multiArguments(argv);
    if (multi !== undefined) return await (await import("./commands/multi.ts")).runMulti(multi, io);
    await program(argv, { run, env: io.env, epilogue: (command) => epilogue(command, argv, io) })
      .exitProcess(false)
      .fail((message, error) => {
        throw error ?? new UsageError(helpful(message, argv));
      })
      .parseAsync([...argv], {}, (_error, _args, output) => {
        if (output) io.out(output);
      });
    return exitCode;
  } catch (thrown) {
    return report(asError(thrown), io);
  }
}

/** How commands run, and what their options default to. */
interface Surroundings {
  readonly run: (command: LazyCommand, args: unknown) => Promise<void>;
  readonly env: Environment;
  readonly epilogue: (command: Command) => Promise<string>;
}

/** What belongs at the end of a command's help; worked out only when the help is asked for. */
async function epilogue(command: Command, argv: readonly string[], io: Io): Promise<string> {
  const isHelp = argv.some((text) => text === "--help" || text === "-h");
  return (isHelp ? await command.epilogue?.(argv, io) : undefined) ?? "";
}

function program(argv: readonly string[], surroundings: Surroundings): Argv {
  const { env } = surroundings;
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
    .options(withEnvironment(globalOptions, { prefix: "CELERY", env }));
  withCommands(parser, COMMANDS, surroundings);
  for (const [name, { describe, commands }] of Object.entries(GROUPS)) {
    const examples = Object.keys(commands).map((usage) => `q ${name} ${usage}`);
    parser.command(name, describe, (group) =>
      withCommands(group, commands, surroundings)
        .demandCommand(1, `Which of them? ${examples.join(", ")}`)
        .strict(),
    );
  }
  return (
    parser
      .demandCommand(1, "Which command? See q --help")
      .strict()
      .version(version)
      // Asks for completions in the shell's name; the scripts are those of q completion.
      .completion("get-completions", false)
      .help()
      .alias("help", "h")
      .wrap(100)
  );
}

function withCommands(
  parser: Argv,
  commands: Readonly<Record<string, LazyCommand>>,
  { run, env, epilogue }: Surroundings,
): Argv {
  for (const [usage, command] of Object.entries(commands)) {
    const prefix = `CELERY_${usage.split(" ")[0]}`;
    const options = async (own: Argv): Promise<Argv> => {
      const loaded = await command.load();
      // The parser keeps only the last of several arguments that it has a name for.
      if (loaded.usage !== undefined) own.strict(false).strictOptions().usage(loaded.usage);
      own.options(withEnvironment(loaded.options, { prefix, env })).epilogue(await epilogue(loaded));
      return command.commands === undefined
        ? own
        : withCommands(own, command.commands, { run, env, epilogue });
    };
    // The types of yargs lag behind: it awaits builders, and so does parseAsync.
    parser.command(usage, command.describe, options as unknown as (own: Argv) => Argv, (args) =>
      run(command, args),
    );
  }
  return parser;
}

/** Programs of old Celery versions, and what is typed instead. */
const OLD_PROGRAMS: Readonly<Record<string, string>> = {
  celeryd: "q worker",
  celerybeat: "q beat",
  "celeryd-detach": "q worker, under a service manager",
  celery: "q itself",
};

/** The parser's message, with a hint where a slip is likely. */
function helpful(message: string, argv: readonly string[]): string {
  const unknown = /^Unknown (?:argument|command)s?: (\S+)/.exec(message)?.[1];
  if (unknown === undefined || NAMES.some((command) => argv.includes(command)))
    return `${message}. See q --help`;
  const now = OLD_PROGRAMS[unknown];
  if (now !== undefined) return `"${unknown}" is now ${now}. See q --help`;
  return `there is no command "${unknown}".${didYouMean(unknown, NAMES)} See q --help`;
}

/** Prints an error: errors of Q as one line, others with their stack. */
function report(error: Error, io: Io): number {
  if (!QError.is(error)) {
    io.err(error.stack ?? error.message);
    return EXIT.failure;
  }
  io.err(`q: ${error.message} [${error.code}]`);
  return exitCodeOf(error);
}
