import type { Logger } from "@q/kernel";
import type { Queue } from "@q/messaging/entities";
import type { App } from "../app/app.ts";

/** What an argument of a command is turned into; on the command line all are texts. */
export type ArgumentType = StringConstructor | NumberConstructor | BooleanConstructor;

/** The value of an {@link ArgumentType}. */
export type ArgumentValue<TType extends ArgumentType> = ReturnType<TType>;

/** Arguments as the handler of a command gets them; each is there when the caller gave it. */
export type CommandArguments<
  TTypes extends Readonly<Record<string, ArgumentType>>,
  TVariadic extends string = never,
> = {
  readonly [TName in keyof TTypes]?: ArgumentValue<TTypes[TName]>;
} & { readonly [TName in TVariadic]?: readonly string[] };

/** What a command of remote control is called, takes and says of itself. */
export interface CommandSpec {
  readonly name: string;
  /** Another name for it. */
  readonly alias?: string | undefined;
  /** An `inspect` command only looks; a `control` command changes something. */
  readonly type: "inspect" | "control";
  /** One line for the help. */
  readonly help: string;
  /** Arguments as the help shows them, such as `<queue> [exchange]`. */
  readonly signature?: string | undefined;
  /** Arguments by name, in their order on the command line. */
  readonly args?: Readonly<Record<string, ArgumentType>> | undefined;
  /** Name of the argument that takes whatever follows on the command line, as a list. */
  readonly variadic?: string | undefined;
  /** Shown in the help. Default true. */
  readonly visible?: boolean | undefined;
  /** Seconds that the command line waits for answers. Default 1. */
  readonly defaultTimeout?: number | undefined;
}

/** What a command can see and change of the worker that obeys it. */
export interface CommandedWorker {
  readonly hostname: string;
  /** Queues it takes tasks from. */
  readonly queues: readonly Queue[];
  /** Holds so many messages more (or, when negative, fewer) than its slots and multiplier say. */
  adjustPrefetch(by: number): void;
  /** What `inspect stats` shows. */
  statistics(): Readonly<Record<string, unknown>>;
  revoke(
    ids: readonly string[],
    options?: { readonly terminate?: boolean; readonly signal?: NodeJS.Signals },
  ): unknown;
  addQueue(queue: Queue): Promise<void>;
  cancelQueue(name: string): Promise<void>;
  stop(mode?: "warm" | "cold"): Promise<void>;
}

/** Where a command runs. */
export interface CommandContext {
  readonly app: App;
  /** Node name of the worker. */
  readonly hostname: string;
  readonly worker: CommandedWorker;
  readonly logger: Logger;
}

/**
 * Obeys a command; what it returns, or its promise resolves to, is the answer and must have a form in the serializer.
 * What it throws is answered as `{ error: … }`.
 */
export type CommandHandler<TArguments> = (context: CommandContext, args: TArguments) => unknown;

/** A command of an app's own, with its handler. */
export interface RegisteredCommand extends CommandSpec {
  readonly handle: CommandHandler<Readonly<Record<string, unknown>>>;
}
