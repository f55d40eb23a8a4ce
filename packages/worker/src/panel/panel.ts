import type { CommandContext, RegisteredCommand } from "@q/core";
import { builtinCommands } from "@q/core/internal/control";
import type { Worker } from "../worker.ts";
import { eventCommands } from "./event-commands.ts";
import { memoryCommands } from "./memory-commands.ts";
import { namedArguments } from "./named-arguments.ts";
import type { PanelArguments, PanelCommand, PanelCommands } from "./panel-command.ts";
import { poolCommands } from "./pool-commands.ts";
import { pythonError } from "./python-error.ts";
import { queueCommands } from "./queue-commands.ts";
import { requestCommands } from "./request-commands.ts";
import { revokeCommands } from "./revoke-commands.ts";
import { taskCommands } from "./task-commands.ts";
import { workerCommands } from "./worker-commands.ts";

/** Celery's commands by name. */
export const panelCommands: PanelCommands = {
  ...workerCommands,
  ...memoryCommands,
  ...requestCommands,
  ...revokeCommands,
  ...taskCommands,
  ...poolCommands,
  ...queueCommands,
  ...eventCommands,
};

/** Obeys the commands of remote control, Celery's and those registered with the app. */
export class Panel {
  readonly #worker: Worker;
  readonly #builtin = new Map<string, PanelCommand>();

  constructor(worker: Worker) {
    this.#worker = worker;
    for (const { name, alias } of builtinCommands) {
      const command = panelCommands[name];
      if (command === undefined) continue;
      this.#builtin.set(name, command);
      if (alias !== undefined) this.#builtin.set(alias, command);
    }
  }

  /**
   * The answer of a command; `undefined` when none is due.
   *
   * @throws an error named as Python's: `KeyError` for an unknown command, `TypeError` for wrong arguments
   */
  obey(method: string, args: PanelArguments): unknown {
    const command = this.#builtin.get(method);
    if (command !== undefined) {
      checkArguments(method, command, args);
      return command.run(this.#worker, args);
    }
    const own = this.#worker.app.commands.own().find((one) => one.name === method || one.alias === method);
    if (own === undefined) throw pythonError("KeyError", method);
    return this.#obeyOwn(own, args);
  }

  /** What returns nothing is answered with `null`, as Python's `None`. */
  async #obeyOwn(command: RegisteredCommand, args: PanelArguments): Promise<unknown> {
    const { app, hostname, logger } = this.#worker;
    const context: CommandContext = { app, hostname, logger, worker: this.#worker };
    return (await command.handle(context, namedArguments(command, args))) ?? null;
  }
}

function checkArguments(method: string, command: PanelCommand, args: PanelArguments): void {
  const unexpected = command.only && Object.keys(args).find((name) => !command.only?.includes(name));
  if (unexpected !== undefined)
    throw pythonError("TypeError", `${method}() got an unexpected keyword argument '${unexpected}'`);
  const missing = (command.required ?? []).filter((name) => !Object.hasOwn(args, name));
  if (missing.length === 0) return;
  const names = missing.map((name) => `'${name}'`);
  const listed =
    names.length < 3 ? names.join(" and ") : `${names.slice(0, -1).join(", ")}, and ${names.at(-1)}`;
  const noun = names.length === 1 ? "argument" : "arguments";
  throw pythonError(
    "TypeError",
    `${method}() missing ${names.length} required positional ${noun}: ${listed}`,
  );
}
