import { asError, QError } from "@q/kernel";
import { parse } from "./command-line/parse.ts";
import { EXIT, exitCodeOf, UsageError } from "./errors.ts";
import { type Io, processIo } from "./io.ts";
import { multiArguments } from "./multi/multi-arguments.ts";

/** Runs `q` with these arguments (without the program's name) and returns its exit code. Never throws. */
export async function main(argv: readonly string[], io: Io = processIo()): Promise<number> {
  try {
    if (argv[0] === "help") return await main([...argv.slice(1), "--help"], io);
    const multi = multiArguments(argv);
    if (multi !== undefined) return await (await import("./commands/multi.ts")).runMulti(multi, io);
    const typed = await parse(argv, io);
    if (typed === undefined) return EXIT.ok;
    const { run } = await typed.command.load();
    return await run(typed.args as never, io);
  } catch (thrown) {
    const error = asError(thrown);
    // The parser's own error, for an option without its value.
    return report(error.name === "YError" ? new UsageError(`${error.message}. See q --help`) : error, io);
  }
}

/** What a module of the user's threw when it was imported: without the stack nobody finds the line. */
function thrownByModule(error: Error): Error | undefined {
  const { cause } = error;
  if (!(cause instanceof Error)) return undefined;
  if (QError.is(cause)) return thrownByModule(cause);
  // That a file or a package is missing is said in one line.
  const isModuleError =
    QError.is(error) && error.code === "ERR_Q_IMPROPERLY_CONFIGURED" && !("code" in cause);
  return isModuleError ? cause : undefined;
}

/** Prints an error: errors of Q as one line, with the stack of somebody else's behind it; others with their stack. */
function report(error: Error, io: Io): number {
  if (!QError.is(error)) {
    io.err(error.stack ?? error.message);
    return EXIT.failure;
  }
  io.err(`q: ${error.message} [${error.code}]`);
  const thrown = thrownByModule(error);
  if (thrown !== undefined) io.err(thrown.stack ?? thrown.message);
  return exitCodeOf(error);
}
