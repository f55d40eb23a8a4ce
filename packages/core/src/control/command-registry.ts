import { ImproperlyConfiguredError } from "@q/kernel";
import { builtinCommands } from "./builtin-commands.ts";
import type {
  ArgumentType,
  CommandArguments,
  CommandHandler,
  CommandSpec,
  RegisteredCommand,
} from "./command-spec.ts";

/** A command of one's own: its name, what it takes, and what the help says of it. */
export interface CommandOptions<
  TTypes extends Readonly<Record<string, ArgumentType>>,
  TVariadic extends string = never,
> extends Omit<CommandSpec, "type" | "help" | "args" | "variadic"> {
  readonly help?: string;
  /** Arguments by name, in their order on the command line: `{ n: Number }`. */
  readonly args?: TTypes;
  /** Name of one more argument: a list of texts, whatever follows on the command line. */
  readonly variadic?: TVariadic;
}

/** Remote control commands of an app: Celery's, and those registered here. */
export class CommandRegistry {
  readonly #own = new Map<string, RegisteredCommand>();

  /**
   * Registers a command that changes something in the workers that import this module. `q control` shows it.
   *
   * @throws {ImproperlyConfiguredError} when a command of Celery's has that name
   */
  control<
    TTypes extends Readonly<Record<string, ArgumentType>> = Readonly<Record<never, never>>,
    TVariadic extends string = never,
  >(
    options: CommandOptions<TTypes, TVariadic>,
    handle: CommandHandler<CommandArguments<TTypes, TVariadic>>,
  ): void {
    this.#register("control", options, handle);
  }

  /** As {@link control}, for a command that only looks. `q inspect` shows it. */
  inspect<
    TTypes extends Readonly<Record<string, ArgumentType>> = Readonly<Record<never, never>>,
    TVariadic extends string = never,
  >(
    options: CommandOptions<TTypes, TVariadic>,
    handle: CommandHandler<CommandArguments<TTypes, TVariadic>>,
  ): void {
    this.#register("inspect", options, handle);
  }

  /** The command of that name or alias, Celery's or one's own. */
  find(name: string): CommandSpec | undefined {
    return this.all().find((command) => command.name === name || command.alias === name);
  }

  /** Every command, in the order of their names. */
  all(): readonly CommandSpec[] {
    return [...builtinCommands, ...this.#own.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** The commands of one's own. */
  own(): readonly RegisteredCommand[] {
    return [...this.#own.values()];
  }

  #register<TTypes extends Readonly<Record<string, ArgumentType>>, TVariadic extends string>(
    type: "inspect" | "control",
    options: CommandOptions<TTypes, TVariadic>,
    handle: CommandHandler<CommandArguments<TTypes, TVariadic>>,
  ): void {
    const { name, alias } = options;
    const taken = builtinCommands.find((one) =>
      [one.name, one.alias].some((used) => used !== undefined && (used === name || used === alias)),
    );
    if (taken !== undefined) {
      throw new ImproperlyConfiguredError(
        `there is a command "${taken.name}" already, one of Celery's. Give yours another name or alias.`,
      );
    }
    const command = {
      ...options,
      type,
      help: options.help ?? "",
      handle: handle as RegisteredCommand["handle"],
    };
    this.#own.set(name, command);
  }
}
